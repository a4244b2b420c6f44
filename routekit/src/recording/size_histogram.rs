//! Counts sizes by bucket.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::snapshot::HistogramSnapshot;

/// Counts sizes in bytes by bucket. All operations are relaxed: the counts guard no other memory.
#[derive(Debug)]
pub(super) struct SizeHistogram {
    bounds: Arc<[f64]>,
    /// The upper bound of each bucket, with the sizes in that bucket alone.
    buckets: Box<[(u64, AtomicU64)]>,
    /// The sizes beyond the last bound.
    beyond: AtomicU64,
    sum: AtomicU64,
}

impl SizeHistogram {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    pub(super) fn new(bounds: &Arc<[f64]>) -> Self {
        let buckets = bounds.iter().map(|bound| (bound.round() as u64, AtomicU64::new(0))).collect();
        Self { bounds: Arc::clone(bounds), buckets, beyond: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    #[inline]
    pub(super) fn record(&self, bytes: u64) {
        // Not a binary search: most bodies are small, so that the first bucket is the most frequent one.
        let bucket = self.buckets.iter().find(|(bound, _)| bytes <= *bound);
        bucket.map_or(&self.beyond, |(_, count)| count).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum beyond 2^53 bytes is rounded")]
    pub(super) fn snapshot(&self) -> HistogramSnapshot {
        let mut count = 0;
        let up_to = self.buckets.iter().map(|(_, bucket)| {
            count += bucket.load(Ordering::Relaxed);
            count
        });
        let buckets = self.bounds.iter().copied().zip(up_to).collect();
        count += self.beyond.load(Ordering::Relaxed);
        HistogramSnapshot { buckets, count, sum: self.sum() as f64 }
    }
}
