//! One wait for Redis, out of the budget of its request.

use std::time::Duration;

use crate::{
    base::redis_waits::{LinkId, RedisWaits},
    deadline::Countdown,
};

/// A wait for one or several answers. Its time counts when it is dropped.
#[must_use = "the time until it is dropped counts"]
pub(in crate::cache) struct RedisWait<'a> {
    waits: &'a RedisWaits,
    link: LinkId,
    /// What the request may still wait. With nothing left, no command is sent.
    pub(in crate::cache) left: Countdown,
}

impl<'a> RedisWait<'a> {
    /// Begins to wait, for what the request has left of its budget for this server.
    pub(super) fn begin(waits: &'a RedisWaits, link: LinkId, budget: Duration) -> Self {
        Self { waits, link, left: Countdown::new(budget.saturating_sub(waits.total(link))) }
    }

    /// The same, but for at least half of the budget: for what decides whether the request is admitted.
    pub(super) fn begin_admission(waits: &'a RedisWaits, link: LinkId, budget: Duration) -> Self {
        let left = budget.saturating_sub(waits.total(link)).max(budget / 2);
        Self { waits, link, left: Countdown::new(left) }
    }

    /// Ends a wait that did not hold the request up, since the answer was to wait for something else.
    pub(in crate::cache) fn forgive(mut self) {
        self.waits = const { &RedisWaits::uncounted() };
    }
}

impl Drop for RedisWait<'_> {
    fn drop(&mut self) {
        self.waits.add(self.link, self.left.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_millis(50);

    fn begin(waits: &RedisWaits, link: LinkId) -> RedisWait<'_> {
        RedisWait::begin(waits, link, BUDGET)
    }

    async fn wait(waits: &RedisWaits, link: LinkId, millis: u64) -> RedisWait<'_> {
        let wait = begin(waits, link);
        tokio::time::advance(Duration::from_millis(millis)).await;
        wait
    }

    #[tokio::test(start_paused = true)]
    async fn waits_of_a_request_share_a_budget() {
        let (waits, link) = (RedisWaits::counted(), LinkId::next());
        drop(wait(&waits, link, 20).await);
        // A handler runs.
        tokio::time::advance(BUDGET).await;
        let second = wait(&waits.clone(), link, 10).await.left.left();
        assert_eq!(second, Duration::from_millis(20));
        drop(wait(&waits, link, 100).await);
        assert!(begin(&waits, link).left.left().is_zero());
    }

    #[tokio::test(start_paused = true)]
    async fn each_server_has_a_budget() {
        let (waits, cache, quotas) = (RedisWaits::counted(), LinkId::next(), LinkId::next());
        drop(wait(&waits, quotas, 100).await);
        drop(wait(&waits, cache, 20).await);
        assert!(begin(&waits, quotas).left.left().is_zero());
        assert_eq!(begin(&waits, cache).left.left(), Duration::from_millis(30));
    }

    #[tokio::test(start_paused = true)]
    async fn admission_has_at_least_half_of_the_budget() {
        let (waits, link) = (RedisWaits::counted(), LinkId::next());
        let left = || RedisWait::begin_admission(&waits, link, BUDGET).left.left();
        assert_eq!(left(), BUDGET);
        drop(wait(&waits, link, 20).await);
        assert_eq!(left(), Duration::from_millis(30));
        drop(wait(&waits, link, 100).await);
        assert_eq!(left(), BUDGET / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn some_waits_do_not_count() {
        let (waits, link) = (RedisWaits::counted(), LinkId::next());
        wait(&waits, link, 40).await.forgive();
        assert_eq!(begin(&waits, link).left.left(), BUDGET);
        let waits = RedisWaits::uncounted();
        drop(wait(&waits, link, 40).await);
        assert_eq!(begin(&waits, link).left.left(), BUDGET);
    }

    #[test]
    fn policies_of_a_request_find_its_waits() {
        let (mut extensions, link) = (http::Extensions::new(), LinkId::next());
        RedisWaits::of(&mut extensions).add(link, BUDGET);
        assert_eq!(RedisWaits::of(&mut extensions).total(link), BUDGET);
    }
}
