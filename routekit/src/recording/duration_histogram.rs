//! Counts durations by bucket.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{scale::BucketScale, snapshot::HistogramSnapshot};

/// Counts durations in nanoseconds by the buckets of a scale. All operations are relaxed: the counts guard no other
/// memory.
#[derive(Debug)]
pub(super) struct DurationHistogram {
    scale: Arc<BucketScale>,
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
    /// `u64::MAX` before the first duration.
    min: AtomicU64,
    max: AtomicU64,
}

impl DurationHistogram {
    pub(super) fn new(scale: Arc<BucketScale>) -> Self {
        let counts = (0..scale.len()).map(|_| AtomicU64::new(0)).collect();
        let (min, max) = (AtomicU64::new(u64::MAX), AtomicU64::new(0));
        Self { scale, counts, sum: AtomicU64::new(0), min, max }
    }

    #[inline]
    pub(super) fn record(&self, nanos: u64) {
        self.counts[self.scale.bucket(nanos)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(nanos, Ordering::Relaxed);
        // A load is cheaper than the loop of `fetch_min`, and new extremes are rare.
        if nanos < self.min.load(Ordering::Relaxed) {
            self.min.fetch_min(nanos, Ordering::Relaxed);
        }
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(nanos, Ordering::Relaxed);
        }
    }

    /// The shortest and the longest duration. `None` before the first.
    pub(super) fn extremes(&self) -> Option<(u64, u64)> {
        let (min, max) = (self.min.load(Ordering::Relaxed), self.max.load(Ordering::Relaxed));
        (min <= max).then_some((min, max))
    }

    pub(super) fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    /// Adds the count of each bucket.
    pub(super) fn add_to(&self, buckets: &mut [u64]) {
        for (sum, count) in buckets.iter_mut().zip(&self.counts) {
            *sum += count.load(Ordering::Relaxed);
        }
    }

    /// The Prometheus histogram, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "a sum beyond 2^53 ns is rounded")]
    pub(super) fn snapshot(&self) -> HistogramSnapshot {
        let (mut counted, mut count) = (0, 0);
        let mut up_to = |end: usize| {
            count += self.counts[counted..end].iter().map(|count| count.load(Ordering::Relaxed)).sum::<u64>();
            counted = end;
            count
        };
        let buckets = self.scale.bounds().iter().map(|(bound, end)| (*bound, up_to(*end))).collect();
        HistogramSnapshot { buckets, count: up_to(self.scale.len()), sum: self.sum() as f64 / 1e9 }
    }
}
