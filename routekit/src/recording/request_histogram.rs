//! Counts requests of one outcome.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    duration_histogram::DurationHistogram, scale::BucketScale, size_histogram::SizeHistogram,
    snapshot::HistogramSnapshot, totals::RequestTotals,
};

/// The buckets of the histograms of requests.
#[derive(Debug, Clone)]
pub(crate) struct RequestBounds {
    pub(crate) durations: Arc<BucketScale>,
    pub(crate) bytes: Arc<[f64]>,
}

/// Counts requests of one outcome: their durations, the sizes of their bodies, and how many were slow.
#[derive(Debug)]
pub(crate) struct RequestHistogram {
    durations: DurationHistogram,
    request_sizes: SizeHistogram,
    response_sizes: SizeHistogram,
    slow: AtomicU64,
    /// The requests whose allocations were counted, and the bytes that these allocated.
    measured: AtomicU64,
    allocated_bytes: AtomicU64,
    /// Whether a request was counted since the last reading.
    has_changed: AtomicBool,
}

/// From 256 bytes to 16 MiB, in steps of a factor of four. OpenTelemetry recommends none for sizes.
const SIZE_BUCKETS: [f64; 9] =
    [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

/// One of the histograms that Prometheus gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestMeasure {
    Duration,
    RequestSize,
    ResponseSize,
}

impl RequestBounds {
    /// Buckets of durations with these bounds in seconds, and the usual ones of sizes.
    pub(crate) fn new(seconds: &[f64]) -> Self {
        Self { durations: Arc::new(BucketScale::new(seconds)), bytes: SIZE_BUCKETS.into() }
    }
}

impl RequestMeasure {
    pub(crate) const ALL: [Self; 3] = [Self::Duration, Self::RequestSize, Self::ResponseSize];
}

impl RequestHistogram {
    pub(crate) fn new(bounds: &RequestBounds) -> Self {
        Self {
            durations: DurationHistogram::new(Arc::clone(&bounds.durations)),
            request_sizes: SizeHistogram::new(&bounds.bytes),
            response_sizes: SizeHistogram::new(&bounds.bytes),
            slow: AtomicU64::new(0),
            measured: AtomicU64::new(0),
            allocated_bytes: AtomicU64::new(0),
            has_changed: AtomicBool::new(false),
        }
    }

    /// Counts a request.
    #[inline]
    pub(crate) fn record(&self, duration: Duration, request_bytes: u64, response_bytes: u64) {
        self.durations.record(nanos(duration));
        self.request_sizes.record(request_bytes);
        self.response_sizes.record(response_bytes);
        // Releases the counts to a reader who sees the change.
        self.has_changed.store(true, Ordering::Release);
    }

    /// Counts a request as slow.
    pub(crate) fn record_slow(&self) {
        self.slow.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what the handler of a request allocated.
    pub(crate) fn record_allocated(&self, bytes: u64) {
        self.measured.fetch_add(1, Ordering::Relaxed);
        self.allocated_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self, measure: RequestMeasure) -> HistogramSnapshot {
        match measure {
            RequestMeasure::Duration => self.durations.snapshot(),
            RequestMeasure::RequestSize => self.request_sizes.snapshot(),
            RequestMeasure::ResponseSize => self.response_sizes.snapshot(),
        }
    }

    /// The shortest and the longest duration in nanoseconds. `None` before the first request.
    pub(crate) fn extremes(&self) -> Option<(u64, u64)> {
        self.durations.extremes()
    }

    /// Whether a request was counted since the last call.
    pub(super) fn take_change(&self) -> bool {
        self.has_changed.swap(false, Ordering::Acquire)
    }

    /// Adds everything but the count of the outcome.
    pub(super) fn add_to(&self, totals: &mut RequestTotals) {
        self.durations.add_to(&mut totals.buckets);
        totals.nanos += self.durations.sum();
        totals.slow += self.slow.load(Ordering::Relaxed);
        totals.measured += self.measured.load(Ordering::Relaxed);
        totals.allocated_bytes += self.allocated_bytes.load(Ordering::Relaxed);
        totals.request_bytes += self.request_sizes.sum();
        totals.response_bytes += self.response_sizes.sum();
    }
}

/// In 64 bits, which hold five centuries.
#[inline]
fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos().into())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn bounds(seconds: &[f64]) -> RequestBounds {
        RequestBounds { durations: Arc::new(BucketScale::new(seconds)), bytes: Arc::new([256.0]) }
    }

    #[test]
    fn request_is_counted_in_all_histograms() {
        let histogram = RequestHistogram::new(&bounds(&[0.005, 0.0075]));
        for (micros, bytes) in [(5_000, 256), (5_001, 257), (7_500, 0), (9_000, 1)] {
            histogram.record(Duration::from_micros(micros), bytes, 2 * bytes);
        }
        let durations = HistogramSnapshot { buckets: vec![(0.005, 1), (0.0075, 3)], count: 4, sum: 0.026_501 };
        assert_eq!(histogram.snapshot(RequestMeasure::Duration), durations);
        let sizes = HistogramSnapshot { buckets: vec![(256.0, 3)], count: 4, sum: 514.0 };
        assert_eq!(histogram.snapshot(RequestMeasure::RequestSize), sizes);
        let sizes = HistogramSnapshot { buckets: vec![(256.0, 2)], count: 4, sum: 1028.0 };
        assert_eq!(histogram.snapshot(RequestMeasure::ResponseSize), sizes);
        assert_eq!(histogram.extremes(), Some((5_000_000, 9_000_000)));
    }

    #[test]
    fn million_requests_of_eight_threads_are_counted_exactly_and_quantiles_keep_their_bound() {
        const EACH: usize = 125_000;
        let bounds = bounds(&[0.005, 0.01, 0.025, 1.0]);
        let histogram = RequestHistogram::new(&bounds);
        // From 100 ns to 100 s, evenly over the powers.
        let durations = |thread: u64| {
            let mut random = fastrand::Rng::with_seed(thread);
            std::iter::repeat_with(move || 10_f64.powf(random.f64().mul_add(9.0, 2.0)) as u64).take(EACH)
        };
        thread::scope(|scope| {
            for thread in 0..8 {
                let histogram = &histogram;
                scope.spawn(move || {
                    durations(thread).for_each(|nanos| histogram.record(Duration::from_nanos(nanos), 0, 1));
                });
            }
        });
        let mut exact: Vec<u64> = (0..8).flat_map(durations).collect();
        exact.sort_unstable();
        let snapshot = histogram.snapshot(RequestMeasure::Duration);
        for (bound, count) in &snapshot.buckets {
            assert_eq!(*count as usize, exact.partition_point(|nanos| *nanos as f64 <= bound * 1e9), "{bound}");
        }
        assert_eq!(snapshot.count as usize, exact.len());
        assert_eq!(histogram.durations.sum(), exact.iter().sum::<u64>());
        assert_eq!(histogram.extremes(), Some((exact[0], exact[exact.len() - 1])));
        let mut totals = RequestTotals::new(bounds.durations);
        histogram.add_to(&mut totals);
        for quantile in [0.0, 0.001, 0.05, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
            let rank = ((exact.len() as f64 * quantile) as usize).min(exact.len() - 1);
            let (exact, found) = (exact[rank] as f64, totals.quantile(quantile).unwrap().as_nanos() as f64);
            assert!(
                (found - exact).abs() <= (exact * crate::recording::RELATIVE_ERROR).max(256.0),
                "{quantile}: {found} {exact}"
            );
        }
    }
}
