//! The histograms of one route.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::Method;
use parking_lot::Mutex;

use super::{
    outcome::RequestOutcome,
    request_histogram::{RequestBounds, RequestHistogram},
    scale::BucketScale,
    totals::RequestTotals,
};
use crate::observe::{Ending, UrlMeter, method_index};

/// The histograms of a route, by method and outcome. A histogram is made for the first request of its outcome, and
/// kept.
#[derive(Debug)]
pub(crate) struct RouteRecord {
    bounds: RequestBounds,
    beginning: Instant,
    urls: Arc<UrlMeter>,
    /// Locked to add a histogram and to read, and not to count a request.
    histograms: Mutex<Vec<OutcomeRecord>>,
}

#[derive(Debug)]
struct OutcomeRecord {
    method: usize,
    outcome: RequestOutcome,
    histogram: Arc<RequestHistogram>,
}

/// What a record says of a route at one moment.
#[derive(Debug)]
pub(crate) struct RecordReading {
    pub(crate) totals: RequestTotals,
    /// The shortest and the longest duration since the record began.
    pub(crate) extremes: Option<(Duration, Duration)>,
    /// The end of the last request, as the time since the record began.
    pub(crate) last_end: Option<Duration>,
}

impl RouteRecord {
    /// Creates the record of a route whose times count from `beginning`.
    pub(crate) fn new(bounds: RequestBounds, beginning: Instant) -> Self {
        Self { bounds, beginning, urls: Arc::default(), histograms: Mutex::default() }
    }

    /// The buckets of durations.
    pub(crate) fn scale(&self) -> &Arc<BucketScale> {
        &self.bounds.durations
    }

    /// The meter of the URLs of requests, which is off at first.
    pub(crate) fn urls(&self) -> &Arc<UrlMeter> {
        &self.urls
    }

    /// The end of the last request, as the time since the record began. The totals have not changed as long as this has
    /// not.
    pub(crate) fn last_end(&self) -> Option<Duration> {
        self.histograms.lock().iter().filter_map(|known| known.histogram.last_end()).max()
    }

    /// The histogram of requests with this method that ended like this.
    pub(crate) fn histogram(&self, method: &Method, ending: Ending) -> Arc<RequestHistogram> {
        let (method, outcome) = (method_index(method), RequestOutcome::of(ending));
        let mut histograms = self.histograms.lock();
        let known = histograms.iter().find(|known| (known.method, known.outcome) == (method, outcome));
        if let Some(known) = known {
            return Arc::clone(&known.histogram);
        }
        let histogram = Arc::new(RequestHistogram::new(&self.bounds, self.beginning));
        histograms.push(OutcomeRecord { method, outcome, histogram: Arc::clone(&histogram) });
        histogram
    }

    /// Adds up the histograms.
    pub(crate) fn read(&self) -> RecordReading {
        let mut totals = RequestTotals::new(Arc::clone(&self.bounds.durations));
        let (mut extremes, mut last_end) = (None, None);
        for OutcomeRecord { outcome, histogram, .. } in &*self.histograms.lock() {
            let before: u64 = totals.buckets.iter().sum();
            histogram.add_to(&mut totals);
            let count = totals.buckets.iter().sum::<u64>() - before;
            if count > 0 {
                totals.add_outcome(*outcome, count);
            }
            extremes = match (extremes, histogram.extremes()) {
                (Some((min, max)), Some((shortest, longest))) => Some((shortest.min(min), longest.max(max))),
                (one, other) => one.or(other),
            };
            last_end = last_end.max(histogram.last_end());
        }
        let extremes = extremes.map(|(min, max)| (Duration::from_nanos(min), Duration::from_nanos(max)));
        RecordReading { totals, extremes, last_end }
    }
}
