//! The requests behind the series with one set of labels.

use std::sync::Arc;

use crate::recording::{HistogramSnapshot, RequestHistogram, RequestMeasure};

/// The histograms of requests with the same labels: usually one. There are more if a router is nested twice, and after
/// an app that has ended, whose requests stay in the series.
#[derive(Default)]
pub(super) struct ShownRequests {
    counting: Vec<Arc<RequestHistogram>>,
    /// The sums of the histograms that count no more.
    past: Vec<(RequestMeasure, HistogramSnapshot)>,
}

impl ShownRequests {
    pub(super) fn add(&mut self, requests: &Arc<RequestHistogram>) {
        let (counting, ended): (Vec<_>, Vec<_>) =
            self.counting.drain(..).partition(|requests| Arc::strong_count(requests) > 1);
        if !ended.is_empty() {
            let before = Self { counting: ended, past: std::mem::take(&mut self.past) };
            let sum = |measure| Some((measure, before.snapshot(measure)?));
            self.past = RequestMeasure::ALL.into_iter().filter_map(sum).collect();
        }
        self.counting = counting;
        self.counting.push(Arc::clone(requests));
    }

    /// The sum of all. `None` if there are none.
    pub(super) fn snapshot(&self, measure: RequestMeasure) -> Option<HistogramSnapshot> {
        let past = self.past.iter().filter(|(of, _)| *of == measure).map(|(_, past)| past.clone());
        let counting = self.counting.iter().map(|requests| requests.snapshot(measure));
        past.chain(counting).reduce(|sum, more| sum.and(&more))
    }
}
