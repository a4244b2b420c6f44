//! The histograms of one route.

use std::{sync::Arc, time::Duration};

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
}

impl RouteRecord {
    pub(crate) fn new(bounds: RequestBounds) -> Self {
        Self { bounds, urls: Arc::default(), histograms: Mutex::default() }
    }

    /// The buckets of durations.
    pub(crate) fn scale(&self) -> &Arc<BucketScale> {
        &self.bounds.durations
    }

    /// The meter of the URLs of requests, which is off at first.
    pub(crate) fn urls(&self) -> &Arc<UrlMeter> {
        &self.urls
    }

    /// Whether a request was counted since the last call.
    pub(crate) fn take_change(&self) -> bool {
        // All of them are asked.
        self.histograms.lock().iter().fold(false, |changed, known| known.histogram.take_change() | changed)
    }

    /// The histogram of requests with this method that ended like this.
    pub(crate) fn histogram(&self, method: &Method, ending: Ending) -> Arc<RequestHistogram> {
        let (method, outcome) = (method_index(method), RequestOutcome::of(ending));
        let mut histograms = self.histograms.lock();
        let known = histograms.iter().find(|known| (known.method, known.outcome) == (method, outcome));
        if let Some(known) = known {
            return Arc::clone(&known.histogram);
        }
        let histogram = Arc::new(RequestHistogram::new(&self.bounds));
        histograms.push(OutcomeRecord { method, outcome, histogram: Arc::clone(&histogram) });
        histogram
    }

    /// Adds up the histograms.
    pub(crate) fn read(&self) -> RecordReading {
        let mut totals = RequestTotals::new(Arc::clone(&self.bounds.durations));
        let mut extremes = None;
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
        }
        let extremes = extremes.map(|(min, max)| (Duration::from_nanos(min), Duration::from_nanos(max)));
        RecordReading { totals, extremes }
    }
}
