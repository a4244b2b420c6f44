//! The histograms of requests with one outcome. A request is recorded in all of them at once, in whole nanoseconds and
//! bytes: that needs no floating-point sum, which only a loop can add to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::buckets::HistogramSnapshot;

/// The bounds of the histograms of requests.
#[derive(Debug)]
pub(super) struct RequestBounds {
    pub(super) seconds: Arc<[f64]>,
    pub(super) bytes: Arc<[f64]>,
}

/// The histograms of requests with one outcome.
#[derive(Debug)]
pub(in crate::metrics) struct RequestHistogram {
    durations: IntegerHistogram,
    request_sizes: IntegerHistogram,
    response_sizes: IntegerHistogram,
}

/// One of the histograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestMeasure {
    Duration,
    RequestSize,
    ResponseSize,
}

/// Counts whole numbers by bucket.
#[derive(Debug)]
struct IntegerHistogram {
    /// The bounds, and what one of them is in the unit of the samples.
    bounds: Arc<[f64]>,
    per_unit: f64,
    /// The upper bound of each bucket in the unit of the samples, with the samples in that bucket alone.
    buckets: Box<[(u64, AtomicU64)]>,
    /// The samples beyond the last bound.
    beyond: AtomicU64,
    sum: AtomicU64,
}

impl RequestHistogram {
    pub(super) fn new(bounds: &RequestBounds) -> Self {
        let sizes = || IntegerHistogram::new(&bounds.bytes, 1.0);
        Self { durations: IntegerHistogram::new(&bounds.seconds, 1e9), request_sizes: sizes(), response_sizes: sizes() }
    }

    /// Counts a request.
    #[inline]
    pub(in crate::metrics) fn record(&self, duration: Duration, request_bytes: u64, response_bytes: u64) {
        // In 64 bits, which hold five centuries.
        let nanos = duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos().into());
        self.durations.record(nanos);
        self.request_sizes.record(request_bytes);
        self.response_sizes.record(response_bytes);
    }

    pub(super) fn snapshot(&self, part: RequestMeasure) -> HistogramSnapshot {
        match part {
            RequestMeasure::Duration => self.durations.snapshot(),
            RequestMeasure::RequestSize => self.request_sizes.snapshot(),
            RequestMeasure::ResponseSize => self.response_sizes.snapshot(),
        }
    }
}

impl IntegerHistogram {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    fn new(bounds: &Arc<[f64]>, per_unit: f64) -> Self {
        let bucket = |bound: &f64| ((bound * per_unit).round() as u64, AtomicU64::new(0));
        Self {
            bounds: Arc::clone(bounds),
            per_unit,
            buckets: bounds.iter().map(bucket).collect(),
            beyond: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    #[inline]
    fn record(&self, sample: u64) {
        // Most requests are fast and small, so that the first bucket is the most frequent one.
        let bucket = self.buckets.iter().find(|(bound, _)| sample <= *bound);
        bucket.map_or(&self.beyond, |(_, count)| count).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(sample, Ordering::Relaxed);
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum beyond 2^53 is rounded")]
    fn snapshot(&self) -> HistogramSnapshot {
        let mut count = 0;
        let up_to = self.buckets.iter().map(|(_, bucket)| {
            count += bucket.load(Ordering::Relaxed);
            count
        });
        let buckets = self.bounds.iter().copied().zip(up_to).collect();
        count += self.beyond.load(Ordering::Relaxed);
        HistogramSnapshot { buckets, count, sum: self.sum.load(Ordering::Relaxed) as f64 / self.per_unit }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn request_is_counted_in_all_histograms() {
        let bounds = RequestBounds { seconds: Arc::new([0.005, 0.0075]), bytes: Arc::new([256.0]) };
        let histogram = RequestHistogram::new(&bounds);
        for (micros, bytes) in [(5_000, 256), (5_001, 257), (7_500, 0), (9_000, 1)] {
            histogram.record(Duration::from_micros(micros), bytes, 2 * bytes);
        }
        let durations = HistogramSnapshot { buckets: vec![(0.005, 1), (0.0075, 3)], count: 4, sum: 0.026_501 };
        assert_eq!(histogram.snapshot(RequestMeasure::Duration), durations);
        let sizes = HistogramSnapshot { buckets: vec![(256.0, 3)], count: 4, sum: 514.0 };
        assert_eq!(histogram.snapshot(RequestMeasure::RequestSize), sizes);
        let sizes = HistogramSnapshot { buckets: vec![(256.0, 2)], count: 4, sum: 1028.0 };
        assert_eq!(histogram.snapshot(RequestMeasure::ResponseSize), sizes);
    }

    #[test]
    fn requests_of_many_threads_are_all_counted() {
        let bounds = RequestBounds { seconds: Arc::new([0.005]), bytes: Arc::new([256.0]) };
        let histogram = RequestHistogram::new(&bounds);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| histogram.record(Duration::from_millis(1), 300, 1)));
            }
        });
        let durations = HistogramSnapshot { buckets: vec![(0.005, 40_000)], count: 40_000, sum: 40.0 };
        assert_eq!(histogram.snapshot(RequestMeasure::Duration), durations);
        assert_eq!(histogram.snapshot(RequestMeasure::RequestSize).buckets, [(256.0, 0)]);
    }
}
