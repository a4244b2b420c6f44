//! The generic cell rate algorithm (ITU-T I.371): each request of a key moves the time at which its quota is fully
//! available again by one period, and a request passes if that time is not further away than the whole burst.
//!
//! Times are nanoseconds since the limiter was made.

/// The constants of one limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gcra {
    /// The time after which one more request is available.
    period: u64,
    /// The time after which an exhausted burst is available again.
    capacity: u64,
    /// How far away the full quota may be for a request to pass: the capacity without one period.
    tolerance: u64,
}

/// What is left of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct QuotaState {
    /// How many requests would pass now.
    pub(crate) remaining: u32,
    /// After how many seconds one more would, rounded up.
    pub(crate) reset_seconds: u32,
}

/// The decision on one request, and what is left after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuotaDecision {
    pub(super) passes: bool,
    pub(super) state: QuotaState,
}

impl Gcra {
    /// `burst` is at least one, and `period` times `burst` fits: see `routekit_grammar::rate`.
    pub(super) fn new(period: u64, burst: u32) -> Self {
        let period = period.max(1);
        let tolerance = period.saturating_mul(u64::from(burst.max(1)) - 1);
        Self { period, capacity: tolerance.saturating_add(period), tolerance }
    }

    /// The time after which one more request is available.
    pub(super) fn period(&self) -> u64 {
        self.period
    }

    /// How far away the full quota may be for a request to pass.
    pub(super) fn tolerance(&self) -> u64 {
        self.tolerance
    }

    /// Takes one request at `now` from a quota that is full at `full_at`.
    #[inline]
    pub(super) fn take(&self, full_at: &mut u64, now: u64) -> QuotaDecision {
        // A time in the past is a full quota.
        let used = full_at.saturating_sub(now);
        if used > self.tolerance {
            return QuotaDecision { passes: false, state: self.state(used) };
        }
        let used = used + self.period;
        *full_at = now + used;
        QuotaDecision { passes: true, state: self.state(used) }
    }

    /// Gives one request back.
    pub(super) fn give_back(&self, full_at: &mut u64) {
        *full_at = full_at.saturating_sub(self.period);
    }

    /// What is left of a quota that is full at `full_at`.
    pub(super) fn look(&self, full_at: u64, now: u64) -> QuotaState {
        let used = full_at.saturating_sub(now);
        if used == 0 { self.full() } else { self.state(used) }
    }

    /// The state of a quota that is not used.
    pub(super) fn full(&self) -> QuotaState {
        QuotaState { remaining: clamped(self.capacity / self.period), reset_seconds: 0 }
    }

    /// `used` is the time until the quota is full, and above zero.
    #[inline]
    fn state(&self, used: u64) -> QuotaState {
        // If the clock of an earlier request was ahead, more may be used than there is.
        let remaining = self.capacity.saturating_sub(used) / self.period;
        let wait = (used + (remaining + 1) * self.period).saturating_sub(self.capacity);
        QuotaState { remaining: clamped(remaining), reset_seconds: clamped(wait.div_ceil(1_000_000_000)) }
    }
}

#[inline]
fn clamped(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use governor::{Quota, RateLimiter, clock::FakeRelativeClock, middleware::StateInformationMiddleware};
    use proptest::prelude::*;

    use super::*;
    use crate::base::property;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn burst_passes_and_then_one_request_per_period() {
        let gcra = Gcra::new(SECOND / 10, 3);
        let mut full_at = 0;
        let mut at = |now| gcra.take(&mut full_at, now);
        let decision =
            |passes, remaining, reset_seconds| QuotaDecision { passes, state: QuotaState { remaining, reset_seconds } };
        assert_eq!(at(5), decision(true, 2, 1));
        assert_eq!(at(5), decision(true, 1, 1));
        assert_eq!(at(5), decision(true, 0, 1));
        assert_eq!(at(5), decision(false, 0, 1));
        assert_eq!(at(SECOND / 10 + 4), decision(false, 0, 1));
        assert_eq!(at(SECOND / 10 + 5), decision(true, 0, 1));
        assert_eq!(at(SECOND / 10 + 5), decision(false, 0, 1));
        assert_eq!(at(10 * SECOND), decision(true, 2, 1));
    }

    #[test]
    fn reset_is_when_one_more_request_passes() {
        let gcra = Gcra::new(86_400 * SECOND / 1000, 1000);
        let mut full_at = 0;
        assert_eq!(gcra.take(&mut full_at, 0).state, QuotaState { remaining: 999, reset_seconds: 87 });
        assert_eq!(gcra.look(full_at, 80 * SECOND), QuotaState { remaining: 999, reset_seconds: 7 });
        assert_eq!(gcra.look(full_at, 87 * SECOND), gcra.full());
    }

    /// The model: a bucket of `burst` tokens, in whole nanoseconds, that is refilled by one token in each period.
    struct Bucket {
        period: u64,
        burst: u32,
        /// In nanoseconds of refilling.
        level: u64,
        last: u64,
    }

    impl Bucket {
        fn take(&mut self, now: u64) -> bool {
            let full = self.period * u64::from(self.burst);
            self.level = full.min(self.level + (now - self.last));
            self.last = now;
            let passes = self.level >= self.period;
            if passes {
                self.level -= self.period;
            }
            passes
        }
    }

    #[test]
    fn decisions_are_those_of_a_token_bucket_and_of_governor() {
        let cases = (1_u64..5_000_000_000, 1_u32..40, prop::collection::vec(0_u64..3_000_000_000, 1..200));
        property::check(256, &cases, |(period, burst, steps)| {
            let gcra = Gcra::new(period, burst);
            let mut bucket = Bucket { period, burst, level: period * u64::from(burst), last: 0 };
            let clock = FakeRelativeClock::default();
            let quota = Quota::with_period(Duration::from_nanos(period)).unwrap();
            let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap());
            let governor =
                RateLimiter::direct_with_clock(quota, clock.clone()).with_middleware::<StateInformationMiddleware>();
            let (mut now, mut full_at) = (0, 0);
            for step in steps {
                // Many requests come at once, or within a period.
                let step = if step % 3 == 0 { 0 } else { step % (2 * period) };
                now += step;
                clock.advance(Duration::from_nanos(step));
                let before = full_at;
                let QuotaDecision { passes, state } = gcra.take(&mut full_at, now);
                prop_assert_eq!(passes, bucket.take(now));
                match governor.check() {
                    Ok(snapshot) => {
                        prop_assert!(passes);
                        prop_assert_eq!(state.remaining, snapshot.remaining_burst_capacity());
                    }
                    Err(_) => {
                        prop_assert!(!passes);
                        prop_assert_eq!((state.remaining, full_at), (0, before));
                    }
                }
                prop_assert_eq!(u64::from(state.remaining), bucket.level / period);
                // `reset_seconds` is the moment from which one more passes, to the second.
                let reset = now + u64::from(state.reset_seconds) * SECOND;
                prop_assert!(gcra.look(full_at, reset).remaining > state.remaining);
                if state.reset_seconds > 1 {
                    prop_assert_eq!(gcra.look(full_at, reset - SECOND - 1).remaining, state.remaining);
                }
            }
            Ok(())
        });
    }

    #[test]
    fn request_that_is_given_back_does_not_count() {
        let gcra = Gcra::new(SECOND, 2);
        let (mut full_at, mut other) = (0, 0);
        gcra.take(&mut full_at, 7);
        gcra.take(&mut other, 7);
        gcra.take(&mut other, 7);
        gcra.give_back(&mut other);
        assert_eq!(full_at, other);
    }
}
