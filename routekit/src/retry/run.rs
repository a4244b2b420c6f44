use std::{error::Error, future::Future, pin::pin, time::Duration};

use tokio::time::Instant;

use super::{
    backoff::Delays,
    budget::RetryBudget,
    classify::{ClassifyAttempt, RetryDecision},
    error::RetryError,
    refused,
};

/// One call with all its attempts.
#[derive(Debug)]
pub(super) struct RetryLoop<'a, J> {
    /// The maximum number of attempts, including the first.
    pub(super) attempts: u32,
    pub(super) delays: Delays<'a>,
    pub(super) max_delay: Duration,
    pub(super) budget: &'a RetryBudget,
    pub(super) classify: &'a J,
    pub(super) limit: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
}

/// The outcome of an attempt.
enum AttemptOutcome<T, E> {
    Done(Result<T, E>),
    TimedOut,
    PastDeadline,
}

impl<J> RetryLoop<'_, J> {
    pub(super) async fn call<T, E, F, Fut>(mut self, mut attempt: F) -> Result<T, RetryError<E>>
    where
        E: Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        J: ClassifyAttempt<T, E>,
    {
        self.budget.deposit();
        // A deadline that exceeds the range of `Instant` is no deadline.
        let deadline = self.limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut last_error = None;
        let mut attempts = 0;
        loop {
            // Checked after each delay too, because timers may be late.
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(RetryError::DeadlineExceeded { attempts, last_error });
            }
            attempts += 1;
            let result = match limited(attempt(), self.attempt_timeout, deadline).await {
                AttemptOutcome::Done(result) => Some(result),
                AttemptOutcome::TimedOut => None,
                AttemptOutcome::PastDeadline => return Err(RetryError::DeadlineExceeded { attempts, last_error }),
            };
            let Some(delay) = self.delay(result.as_ref(), attempts, deadline) else {
                return match result {
                    Some(result) => result.map_err(|error| RetryError::Failed { error, attempts }),
                    None => Err(RetryError::AttemptTimedOut { attempts }),
                };
            };
            tracing::debug!(target: "routekit::retry", attempt = attempts + 1, ?delay, "retrying call");
            // Drops the response before the delay, which frees its connection.
            last_error = result.and_then(Result::err);
            tokio::time::sleep(delay).await;
        }
    }

    /// The delay before the next attempt, whose retry has been taken from the budget. `None` to give up. A `result` of
    /// `None` is a timeout.
    fn delay<T, E>(
        &mut self,
        result: Option<&Result<T, E>>,
        attempts: u32,
        deadline: Option<Instant>,
    ) -> Option<Duration>
    where
        E: Error + 'static,
        J: ClassifyAttempt<T, E>,
    {
        if attempts >= self.attempts {
            return None;
        }
        if let Some(Err(error)) = result
            && refused::by_breaker(error).is_some()
        {
            return None;
        }
        let requested = match result.map_or(RetryDecision::Retry, |result| self.classify.classify(result)) {
            RetryDecision::Stop => return None,
            RetryDecision::Retry => Duration::ZERO,
            RetryDecision::RetryAfter(requested) => requested,
        };
        let delay = requested.saturating_add(self.delays.next());
        let in_time = match deadline {
            Some(deadline) => Instant::now().checked_add(delay).is_some_and(|end| end < deadline),
            // Without this bound, a server could make its clients wait for days.
            None => requested <= self.max_delay,
        };
        // The budget comes last, so that a call that is not retried takes nothing from it.
        (in_time && self.budget.withdraw()).then_some(delay)
    }
}

/// Not a method: `RetryLoop` is not `Sync` because of its random generator, so a future that borrowed it would not be
/// `Send`.
async fn limited<T, E>(
    attempt: impl Future<Output = Result<T, E>>,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
) -> AttemptOutcome<T, E> {
    // Pinned here, so that the future is stored once and not in each branch.
    let attempt = pin!(attempt);
    let own = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let (until, over) = match (own, deadline) {
        (Some(own), Some(deadline)) if own < deadline => (own, AttemptOutcome::TimedOut),
        (_, Some(deadline)) => (deadline, AttemptOutcome::PastDeadline),
        (Some(own), None) => (own, AttemptOutcome::TimedOut),
        (None, None) => return AttemptOutcome::Done(attempt.await),
    };
    tokio::time::timeout_at(until, attempt).await.map_or(over, AttemptOutcome::Done)
}
