//! One histogram.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use metrics::HistogramFn;

use crate::recording::HistogramSnapshot;

/// Counts samples by bucket. All operations are relaxed: the counts guard no other memory.
#[derive(Debug)]
pub(super) struct BucketHistogram {
    /// The upper bounds of the buckets, ascending. A sample equal to a bound is within it.
    bounds: Arc<[f64]>,
    /// For each bound the samples in its bucket alone, and then the samples beyond the last bound.
    counts: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
}

impl BucketHistogram {
    pub(super) fn new(bounds: Arc<[f64]>) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0.0_f64.to_bits()) }
    }

    fn add(&self, value: f64, times: u64, sum: f64) {
        // One such sample would make the sum useless for ever.
        if !sum.is_finite() {
            return;
        }
        // Not a binary search: most requests are fast and small, so that the first bucket is the most frequent one.
        let bucket = self.bounds.iter().position(|bound| value <= *bound).unwrap_or(self.bounds.len());
        self.counts[bucket].fetch_add(times, Ordering::Relaxed);
        let mut now = self.sum.load(Ordering::Relaxed);
        loop {
            let more = (f64::from_bits(now) + sum).to_bits();
            match self.sum.compare_exchange_weak(now, more, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }

    pub(super) fn snapshot(&self) -> HistogramSnapshot {
        let mut count = 0;
        let mut up_to = self.counts.iter().map(|bucket| {
            count += bucket.load(Ordering::Relaxed);
            count
        });
        let buckets = self.bounds.iter().copied().zip(up_to.by_ref()).collect();
        // The samples beyond the last bound.
        up_to.for_each(drop);
        HistogramSnapshot { buckets, count, sum: f64::from_bits(self.sum.load(Ordering::Relaxed)) }
    }
}

impl HistogramFn for BucketHistogram {
    fn record(&self, value: f64) {
        self.add(value, 1, value);
    }

    #[expect(clippy::cast_precision_loss, reason = "a value is recorded less than 2^53 times at once")]
    fn record_many(&self, value: f64, count: usize) {
        self.add(value, count as u64, value * count as f64);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn sample_is_counted_in_the_first_bucket_that_it_is_not_above() {
        let histogram = BucketHistogram::new(Arc::new([0.5, 1.0]));
        for value in [-1.0, 0.5, 0.75, 1.0, 1.25] {
            histogram.record(value);
        }
        histogram.record_many(8.0, 3);
        histogram.record_many(8.0, 0);
        assert_eq!(histogram.snapshot(), HistogramSnapshot { buckets: vec![(0.5, 2), (1.0, 4)], count: 8, sum: 26.5 });
    }

    #[test]
    fn samples_of_many_threads_are_all_counted() {
        let histogram = BucketHistogram::new(Arc::new([0.5]));
        thread::scope(|scope| {
            for value in [0.25, 0.5, 1.0, 2.0] {
                let histogram = &histogram;
                scope.spawn(move || (0..10_000).for_each(|_| histogram.record(value)));
            }
        });
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot, HistogramSnapshot { buckets: vec![(0.5, 20_000)], count: 40_000, sum: 37_500.0 });
    }
}
