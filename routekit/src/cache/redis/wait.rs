//! One wait for Redis, out of the budget of its request.

use std::time::Duration;

use crate::{base::redis_waits::RedisWaits, deadline::Countdown};

/// A wait for one or several answers. Its time counts when it is dropped.
#[must_use = "the time until it is dropped counts"]
pub(in crate::cache) struct RedisWait<'a> {
    waits: &'a RedisWaits,
    /// What the request may still wait. With nothing left, no command is sent.
    pub(in crate::cache) left: Countdown,
}

impl<'a> RedisWait<'a> {
    /// Begins to wait, for what the request has left of its budget.
    pub(super) fn begin(waits: &'a RedisWaits, budget: Duration) -> Self {
        Self { waits, left: Countdown::new(budget.saturating_sub(waits.total())) }
    }

    /// Ends a wait that did not hold the request up, since the answer was to wait for something else.
    pub(in crate::cache) fn forgive(mut self) {
        self.waits = const { &RedisWaits::uncounted() };
    }
}

impl Drop for RedisWait<'_> {
    fn drop(&mut self) {
        self.waits.add(self.left.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_millis(50);

    async fn wait(waits: &RedisWaits, millis: u64) -> RedisWait<'_> {
        let wait = RedisWait::begin(waits, BUDGET);
        tokio::time::advance(Duration::from_millis(millis)).await;
        wait
    }

    #[tokio::test(start_paused = true)]
    async fn waits_of_a_request_share_a_budget() {
        let waits = RedisWaits::counted();
        drop(wait(&waits, 20).await);
        // A handler runs.
        tokio::time::advance(BUDGET).await;
        let second = wait(&waits.clone(), 10).await.left.left();
        assert_eq!(second, Duration::from_millis(20));
        drop(wait(&waits, 100).await);
        assert!(RedisWait::begin(&waits, BUDGET).left.left().is_zero());
    }

    #[tokio::test(start_paused = true)]
    async fn some_waits_do_not_count() {
        let waits = RedisWaits::counted();
        wait(&waits, 40).await.forgive();
        assert_eq!(RedisWait::begin(&waits, BUDGET).left.left(), BUDGET);
        let waits = RedisWaits::uncounted();
        drop(wait(&waits, 40).await);
        assert_eq!(RedisWait::begin(&waits, BUDGET).left.left(), BUDGET);
    }

    #[test]
    fn policies_of_a_request_find_its_waits() {
        let mut extensions = http::Extensions::new();
        RedisWaits::of(&mut extensions).add(BUDGET);
        assert_eq!(RedisWaits::of(&mut extensions).total(), BUDGET);
    }
}
