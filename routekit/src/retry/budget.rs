use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::clock::Clock;

/// One retry, in the unit of the bucket: 1 retry per second is 1 per nanosecond, so that no refill is rounded.
const RETRY: u64 = 1_000_000_000;

/// How many retries a set of calls may make: a share of the calls, and a few more per second.
///
/// A bucket: each call puts in [`ratio`](Self::ratio) of a retry, each second
/// [`min_per_second`](Self::min_per_second), each retry takes one, and it holds no more than
/// [`burst`](Self::burst), with which it starts. Over any time, `n` calls have at most
/// `burst + ratio * n + min_per_second * seconds` retries.
///
/// Clones share the bucket, so give one to all who call the same server. It takes the same memory however it is used,
/// and no lock.
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
    /// Up to when the seconds have been paid in, in nanoseconds from the start.
    paid_until: AtomicU64,
    /// Never above the burst, never below zero. Each of the two numbers is true on its own, and nothing else is read
    /// on the word of either, so every ordering here is relaxed.
    balance: AtomicU64,
}

impl RetryBudget {
    /// A ratio of 0.1, at least 10 per second, a burst of 100, the system's clock.
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

    /// Retries per call: 0.1 is one for every ten calls. A new bucket, no longer that of its clones. Defaults to 0.1.
    ///
    /// # Panics
    /// If it is negative or no number.
    #[must_use]
    pub fn ratio(self, ratio: f64) -> Self {
        assert!(ratio >= 0.0, "the ratio of a retry budget is at least 0, not {ratio}");
        Self::of(ratio, self.min_per_second, self.burst, self.clock)
    }

    /// Retries per second beside the ratio, for those who call seldom. A new bucket, no longer that of its clones.
    /// Defaults to 10.
    #[must_use]
    pub fn min_per_second(self, retries: u32) -> Self {
        Self::of(self.ratio, retries, self.burst, self.clock)
    }

    /// How many retries can be saved up, which is also what there is at first; with 0 there is never one. A new
    /// bucket, no longer that of its clones. Defaults to 100.
    #[must_use]
    pub fn burst(self, retries: u32) -> Self {
        Self::of(self.ratio, self.min_per_second, retries, self.clock)
    }

    /// The clock that says when a second is over. A new bucket, no longer that of its clones. Defaults to the
    /// system's.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self::of(self.ratio, self.min_per_second, self.burst, clock)
    }

    /// How many retries there are now.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.pay_seconds();
        u32::try_from(self.bucket.balance.load(Ordering::Relaxed) / RETRY).unwrap_or(u32::MAX)
    }

    /// A call was made for the first time.
    pub(super) fn deposit(&self) {
        // A float that is too large becomes the largest integer, and the bucket holds less than that.
        self.pay((self.ratio * RETRY as f64) as u64);
    }

    /// Takes one retry, if there is one.
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
        // Whoever moves the mark pays for the time up to it, so each nanosecond is paid for once. Another call may look
        // in between the two steps and find too little, but never too much.
        let before = self.bucket.paid_until.fetch_max(now, Ordering::Relaxed);
        if before < now {
            self.pay((now - before).saturating_mul(u64::from(self.min_per_second)));
        }
    }

    fn pay(&self, amount: u64) {
        let most = u64::from(self.burst) * RETRY;
        // A full bucket is the usual case, and is not written to: all calls would wait for its cache line.
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
