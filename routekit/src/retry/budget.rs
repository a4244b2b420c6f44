use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::base::clock::Clock;

/// One retry, in units of the bucket. One retry per second is one unit per nanosecond, so no refill is rounded.
const RETRY: u64 = 1_000_000_000;

/// Limits the retries of a group of callers to a share of their calls plus a few per second.
///
/// It is a token bucket. Each call adds [`ratio`](Self::ratio) of a retry, each second adds
/// [`min_per_second`](Self::min_per_second) retries, and each retry takes one. The bucket starts full and holds at most
/// [`burst`](Self::burst). During any period, `n` calls make at most `burst + ratio * n + min_per_second * seconds`
/// retries. The share of a call is rounded up to a billionth of a retry.
///
/// Clones share the bucket, so use one budget for all calls to a server. Its size in memory is constant, and it takes
/// no lock.
#[derive(Clone)]
pub struct RetryBudget {
    ratio: f64,
    min_per_second: u32,
    burst: u32,
    clock: Clock,
    bucket: Arc<Bucket>,
}

struct Bucket {
    start: Instant,
    /// The time up to which seconds have been added, in nanoseconds since `start`.
    paid_until: AtomicU64,
    /// From zero to `burst`. Both numbers are meaningful on their own, and no other memory is read because of them, so
    /// all orderings are relaxed.
    balance: AtomicU64,
}

impl RetryBudget {
    /// Creates a budget with a ratio of 0.1, 10 retries per second, a burst of 100 and the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::of(0.1, 10, 100, Clock::system())
    }

    fn of(ratio: f64, min_per_second: u32, burst: u32, clock: Clock) -> Self {
        let start = clock.now();
        let balance = AtomicU64::new(u64::from(burst) * RETRY);
        let bucket = Bucket { start, paid_until: AtomicU64::new(0), balance };
        Self { ratio, min_per_second, burst, clock, bucket: Arc::new(bucket) }
    }

    /// Sets the retries per call: 0.1 allows one retry for every ten calls. Creates a new bucket, which clones made
    /// before do not share. Defaults to 0.1.
    ///
    /// # Panics
    /// Panics if `ratio` is negative or NaN.
    #[must_use]
    pub fn ratio(self, ratio: f64) -> Self {
        assert!(ratio >= 0.0, "the ratio of a retry budget must be at least 0, not {ratio}");
        Self::of(ratio, self.min_per_second, self.burst, self.clock)
    }

    /// Sets the retries per second in addition to the ratio, for callers that call rarely. Creates a new bucket, which
    /// clones made before do not share. Defaults to 10.
    #[must_use]
    pub fn min_per_second(self, retries: u32) -> Self {
        Self::of(self.ratio, retries, self.burst, self.clock)
    }

    /// Sets the capacity of the bucket in retries, which is also its initial content. With 0 there are no retries.
    /// Creates a new bucket, which clones made before do not share. Defaults to 100.
    #[must_use]
    pub fn burst(self, retries: u32) -> Self {
        Self::of(self.ratio, self.min_per_second, retries, self.clock)
    }

    /// Sets the clock that measures the seconds. Creates a new bucket, which clones made before do not share. Defaults
    /// to the system's clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self::of(self.ratio, self.min_per_second, self.burst, clock)
    }

    /// Returns the number of retries in the bucket.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.pay_seconds();
        u32::try_from(self.bucket.balance.load(Ordering::Relaxed) / RETRY).unwrap_or(u32::MAX)
    }

    /// Adds the share of one call.
    pub(super) fn deposit(&self) {
        // Rounded up, so that three calls at a ratio of a third pay for one retry. The cast saturates, and the bucket
        // holds less than that.
        self.pay((self.ratio * RETRY as f64).ceil() as u64);
    }

    /// Takes one retry. Returns `false` if there is none.
    pub(super) fn withdraw(&self) -> bool {
        self.pay_seconds();
        self.bucket
            .balance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| balance.checked_sub(RETRY))
            .is_ok()
    }

    fn pay_seconds(&self) {
        let now = self.clock.now().saturating_duration_since(self.bucket.start).as_nanos();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        // The thread that moves the mark adds the time up to it, so each nanosecond is added once. Between the two
        // steps another thread may see too little in the bucket, but never too much.
        let before = self.bucket.paid_until.fetch_max(now, Ordering::Relaxed);
        if before < now {
            self.pay((now - before).saturating_mul(u64::from(self.min_per_second)));
        }
    }

    fn pay(&self, amount: u64) {
        let most = u64::from(self.burst) * RETRY;
        // A full bucket is the usual case and is not written to, so that callers do not contend for its cache line.
        let _full = self.bucket.balance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
            (amount > 0 && balance < most).then(|| balance.saturating_add(amount).min(most))
        });
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryBudget")
            .field("ratio", &self.ratio)
            .field("min_per_second", &self.min_per_second)
            .field("burst", &self.burst)
            .field("available", &self.available())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
