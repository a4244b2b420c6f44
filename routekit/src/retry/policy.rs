use std::{error::Error, future::Future, time::Duration};

use http::Method;

use super::{
    backoff::Backoff,
    budget::RetryBudget,
    classify::{ClassifyAttempt, ClassifyWith, ErrorsIf, EveryError, RetryDecision},
    error::RetryError,
    run::RetryLoop,
};

/// Retries calls to one server. See the [module docs](crate::retry) for the rules and an example.
///
/// Create one per server and keep it: clones share its [`RetryBudget`], and a new `Retry` has a full one.
#[doc(alias = "backoff")]
#[must_use = "a `Retry` does nothing until a call is made through it"]
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
    /// Creates a policy of 3 attempts, with delays of up to 100 ms and 200 ms, its own budget and no deadline.
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
    /// Sets the maximum number of attempts, including the first. 0 counts as 1. Defaults to 3.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the upper bound of the delay before the first retry. Defaults to 100 ms.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.backoff.base = delay;
        self
    }

    /// Sets the factor by which the upper bound grows with each retry. 0 counts as 1. Defaults to 2.
    pub fn factor(mut self, factor: u32) -> Self {
        self.backoff.factor = factor;
        self
    }

    /// Sets the upper bound of all delays. Without a deadline it also bounds the delay that a server may request.
    /// Defaults to 10 s.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.backoff.max = delay;
        self
    }

    /// Seeds the jitter, so that every call has the same delays. For tests. Defaults to random delays.
    pub fn seed(mut self, seed: u64) -> Self {
        self.backoff.seed = Some(seed);
        self
    }

    /// Uses `budget`, which may be shared with other policies. Defaults to its own [`RetryBudget::new`].
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Sets the time that the whole call may take, including all attempts and delays. Defaults to no limit.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Sets the time that one attempt may take. An attempt that takes longer is dropped and retried. Defaults to no
    /// limit.
    ///
    /// A circuit breaker inside the attempt does not count such an attempt. If it should, put a timeout inside the call
    /// that goes through the breaker.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Also retries methods that are not idempotent, such as POST and PATCH. Use it only if the server ignores repeated
    /// requests, for instance by an idempotency key. By default such methods have one attempt.
    pub fn retry_non_idempotent(mut self) -> Self {
        self.retry_non_idempotent = true;
        self
    }

    /// Retries only the errors for which `which` returns `true`. Defaults to all errors.
    pub fn retry_if<E, F>(self, which: F) -> Retry<ErrorsIf<F>>
    where
        F: Fn(&E) -> bool,
    {
        self.with_classifier(ErrorsIf(which))
    }

    /// Classifies every result, `Ok` or `Err`, with `classify`. Use [`classify_response`](super::classify_response) for
    /// HTTP responses. Defaults to retrying all errors.
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

    /// Makes a call with `method`. It is retried only if the method is idempotent (RFC 9110 §9.2.2).
    ///
    /// `attempt` is called once per attempt and returns a new future each time.
    ///
    /// # Errors
    /// [`RetryError`] if the last attempt failed, or if the deadline passed.
    ///
    /// # Panics
    /// Panics if it has to wait outside a tokio runtime with a timer.
    ///
    /// # Cancel safety
    /// Dropping the future drops the current attempt. No further attempt is made.
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

    /// Makes a call that may safely be repeated, whatever its method. See [`call`](Self::call).
    ///
    /// # Errors
    /// See [`call`](Self::call).
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
