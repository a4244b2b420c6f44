use std::time::Duration;

/// Exponential backoff with full jitter, as plain data.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    pub(super) base: Duration,
    pub(super) factor: u32,
    pub(super) max: Duration,
    pub(super) seed: Option<u64>,
}

impl Backoff {
    pub(super) const DEFAULT: Self =
        Self { base: Duration::from_millis(100), factor: 2, max: Duration::from_secs(10), seed: None };

    /// The upper bound of the delay before retry `n`, counted from 1: `base * factor^(n-1)`, at most `max`.
    ///
    /// Computed in whole nanoseconds, saturating at 584 years.
    pub(super) fn bound(&self, n: u32) -> Duration {
        let growth = u64::from(self.factor.max(1)).saturating_pow(n.saturating_sub(1));
        Duration::from_nanos(nanos(self.base).saturating_mul(growth).min(nanos(self.max)))
    }

    /// Returns the delays of one call.
    pub(super) fn delays(&self) -> Delays<'_> {
        // Each call has its own random generator, because a shared one would need a lock.
        let random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Delays { backoff: self, random, retries: 0 }
    }
}

/// An endless sequence of delays.
#[derive(Debug)]
pub(super) struct Delays<'a> {
    backoff: &'a Backoff,
    random: fastrand::Rng,
    retries: u32,
}

impl Delays<'_> {
    /// A random delay from zero to the bound. Full jitter separates callers that failed at the same moment best.
    pub(super) fn next(&mut self) -> Duration {
        self.retries = self.retries.saturating_add(1);
        Duration::from_nanos(self.random.u64(0..=nanos(self.backoff.bound(self.retries))))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_max_delay() {
        let bounds: Vec<u128> = (1..=9).map(|n| Backoff::DEFAULT.bound(n).as_millis()).collect();
        assert_eq!(bounds, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    }

    #[test]
    fn nothing_overflows() {
        let most = Backoff { base: Duration::MAX, factor: u32::MAX, max: Duration::MAX, seed: Some(1) };
        assert_eq!(most.bound(u32::MAX), Duration::from_nanos(u64::MAX));
        assert_eq!(Backoff::DEFAULT.bound(u32::MAX), Duration::from_secs(10));
        assert_eq!(Backoff { base: Duration::ZERO, ..most.clone() }.bound(u32::MAX), Duration::ZERO);
        assert_eq!(Backoff { factor: 0, ..Backoff::DEFAULT }.bound(5), Duration::from_millis(100), "0 counts as 1");
        let mut delays = Delays { retries: u32::MAX, ..most.delays() };
        delays.next();
        assert_eq!(delays.retries, u32::MAX);
    }

    #[test]
    fn delays_stay_within_their_bounds_for_every_seed() {
        for seed in 0..2_000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let backoff = Backoff {
                base: Duration::from_nanos(random.u64(0..10_000_000_000)),
                factor: random.u32(0..5),
                max: Duration::from_nanos(random.u64(0..100_000_000_000)),
                seed: Some(seed),
            };
            let mut delays = backoff.delays();
            for n in 1..40 {
                let (delay, bound) = (delays.next(), backoff.bound(n));
                assert!(delay <= bound && bound <= backoff.max, "seed {seed}, retry {n}: {delay:?} of {bound:?}");
            }
        }
    }

    #[test]
    fn jitter_is_full() {
        // Full jitter: not "equal jitter", which starts at half the bound, and not none.
        let mut quarters = [0_u32; 4];
        for seed in 0..4_000 {
            let first = Backoff { seed: Some(seed), ..Backoff::DEFAULT }.delays().next();
            quarters[usize::try_from(first.as_nanos() / 25_000_000).unwrap().min(3)] += 1;
        }
        assert!(quarters.iter().all(|&count| (900..1_100).contains(&count)), "{quarters:?}");
    }

    #[test]
    fn same_seed_gives_same_delays() {
        let of = |seed| {
            let backoff = Backoff { seed, ..Backoff::DEFAULT };
            let mut delays = backoff.delays();
            [delays.next(), delays.next(), delays.next()]
        };
        assert_eq!(of(Some(7)), of(Some(7)));
        assert_ne!(of(Some(7)), of(Some(8)));
        assert_ne!(of(None), of(None));
    }
}
