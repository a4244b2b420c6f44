use std::{error::Error, future::Future, time::Duration};

use http::Method;

use super::{
    ClassifyAttempt, ClassifyWith, ErrorsIf, EveryError, RetryBudget, RetryDecision, RetryError, backoff::Backoff,
    run::RetryLoop,
};

/// How calls to one server are retried. See the [module docs](crate::retry) for the rules and an example.
///
/// Make one per server and keep it, since the budget belongs to it: clones share that.
#[must_use = "it does nothing until a call is made through it"]
#[derive(Debug, Clone)]
pub struct Retry<J = EveryError> {
    attempts: u32,
    backoff: Backoff,
    budget: RetryBudget,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
    retry_non_idempotent: bool,
    classify: J,
}

impl Retry {
    /// 3 attempts, delays of up to 100 ms and 200 ms, a budget of its own, no deadline.
    pub fn new() -> Self {
        Self {
            attempts: 3,
            backoff: Backoff::DEFAULT,
            budget: RetryBudget::new(),
            deadline: None,
            attempt_timeout: None,
            retry_non_idempotent: false,
            classify: EveryError,
        }
    }
}

impl<J> Retry<J> {
    /// How many attempts in all, the first included; 0 counts as 1. Defaults to 3.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The longest delay before the first retry. Defaults to 100 ms.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.backoff.base = delay;
        self
    }

    /// By how much the longest delay grows with each retry; 0 counts as 1. Defaults to 2.
    pub fn factor(mut self, factor: u32) -> Self {
        self.backoff.factor = factor;
        self
    }

    /// No delay of ours is longer, and without a deadline none that a server asks for. Defaults to 10 s.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.backoff.max = delay;
        self
    }

    /// Draws the same delays for each call: for tests. Defaults to delays that nobody can foretell.
    pub fn seed(mut self, seed: u64) -> Self {
        self.backoff.seed = Some(seed);
        self
    }

    /// Shares this budget with whoever else has it. Defaults to one of its own.
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// How long the whole call may take, with all attempts and delays. Defaults to no limit.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// How long one attempt may take; one that takes longer is dropped and counts as failed here. Defaults to no limit.
    ///
    /// A circuit breaker within the attempt hears nothing of how that ended: for it to count, have the call itself end in time.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Retries POST, PATCH and the like too. Only for a server that does nothing twice, as one does that knows its
    /// requests by a key. Defaults to one attempt for these.
    pub fn retry_non_idempotent(mut self) -> Self {
        self.retry_non_idempotent = true;
        self
    }

    /// Retries only these errors. Defaults to all.
    pub fn retry_if<E, F>(self, which: F) -> Retry<ErrorsIf<F>>
    where
        F: Fn(&E) -> bool,
    {
        self.with_classifier(ErrorsIf(which))
    }

    /// Asks this about every result, be it an error or not: as [`classify_response`](super::classify_response) does.
    /// Defaults to all errors.
    pub fn classify<T, E, F>(self, classify: F) -> Retry<ClassifyWith<F>>
    where
        F: Fn(&Result<T, E>) -> RetryDecision,
    {
        self.with_classifier(ClassifyWith(classify))
    }

    fn with_classifier<K>(self, classify: K) -> Retry<K> {
        let Self { attempts, backoff, budget, deadline, attempt_timeout, retry_non_idempotent, classify: _ } = self;
        Retry { attempts, backoff, budget, deadline, attempt_timeout, retry_non_idempotent, classify }
    }

    /// Makes a call by this method: again, if the method is idempotent (RFC 9110 §9.2.2).
    ///
    /// The function is called once per attempt and makes a new request each time.
    ///
    /// # Errors
    /// [`RetryError`] if the last attempt failed or time was up.
    ///
    /// # Panics
    /// Outside a tokio runtime with a timer, as soon as there is something to wait for.
    ///
    /// # Cancel safety
    /// Dropping the future drops the attempt that is under way, and there is no other.
    pub async fn call<T, E, F, Fut>(&self, method: &Method, attempt: F) -> Result<T, RetryError<E>>
    where
        E: Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        J: ClassifyAttempt<T, E>,
    {
        let repeatable = self.retry_non_idempotent || method.is_idempotent();
        self.run(if repeatable { self.attempts } else { 1 }).call(attempt).await
    }

    /// Makes a call that may be made twice as well as once, by whatever means. See [`call`](Self::call).
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_idempotent<T, E, F, Fut>(&self, attempt: F) -> Result<T, RetryError<E>>
    where
        E: Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        J: ClassifyAttempt<T, E>,
    {
        self.run(self.attempts).call(attempt).await
    }

    fn run(&self, attempts: u32) -> RetryLoop<'_, J> {
        RetryLoop {
            attempts,
            delays: self.backoff.delays(),
            max_delay: self.backoff.max,
            budget: &self.budget,
            classify: &self.classify,
            limit: self.deadline,
            attempt_timeout: self.attempt_timeout,
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::new()
    }
}
