//! All histograms of an exporter.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use metrics::{Key, Label, SharedString};
use parking_lot::Mutex;

use super::{
    super::names::{labels, metric_name},
    buckets::BucketHistogram,
    shown_requests::ShownRequests,
    text,
};
use crate::{
    metrics::names::{DURATION, REQUEST_SIZE, RESPONSE_SIZE},
    recording::{HistogramSnapshot, RequestBounds, RequestHistogram, RequestMeasure},
};

/// The families that requests are part of.
const MEASURES: [(&str, RequestMeasure); 3] = [
    (DURATION, RequestMeasure::Duration),
    (REQUEST_SIZE, RequestMeasure::RequestSize),
    (RESPONSE_SIZE, RequestMeasure::ResponseSize),
];

/// Creates the histograms of the facade, and renders them and those of requests.
pub(in crate::metrics::exporter) struct HistogramRegistry {
    /// The bounds of histograms other than the sizes of bodies.
    bounds: Arc<[f64]>,
    request_bounds: RequestBounds,
    families: Mutex<BTreeMap<String, HistogramFamily>>,
    /// By their labels as they are rendered.
    requests: Mutex<BTreeMap<String, ShownRequests>>,
}

/// The histograms of one name that are recorded through the facade.
#[derive(Default)]
struct HistogramFamily {
    description: Option<SharedString>,
    /// By their labels as they are rendered, so that two keys with one text share a histogram.
    series: BTreeMap<String, Arc<BucketHistogram>>,
}

impl HistogramRegistry {
    /// Histograms have these bounds, except those of requests.
    pub(in crate::metrics::exporter) fn new(bounds: &[f64], request_bounds: RequestBounds) -> Self {
        Self { bounds: bounds.into(), request_bounds, families: Mutex::default(), requests: Mutex::default() }
    }

    pub(in crate::metrics::exporter) fn request_bounds(&self) -> &RequestBounds {
        &self.request_bounds
    }

    pub(in crate::metrics::exporter) fn describe(&self, name: &str, description: SharedString) {
        self.families.lock().entry(metric_name(name)).or_default().description = Some(description);
    }

    /// The histogram with this key, which is created if there is none.
    pub(in crate::metrics::exporter) fn register(&self, key: &Key) -> metrics::Histogram {
        let is_size = key.name() == REQUEST_SIZE || key.name() == RESPONSE_SIZE;
        let bounds = if is_size { &self.request_bounds.bytes } else { &self.bounds };
        let mut families = self.families.lock();
        let family = families.entry(metric_name(key.name())).or_default();
        let new = || Arc::new(BucketHistogram::new(Arc::clone(bounds)));
        metrics::Histogram::from_arc(Arc::clone(family.series.entry(labels(key.labels())).or_insert_with(new)))
    }

    /// Renders these requests with these labels, too.
    pub(in crate::metrics::exporter) fn show(&self, given: &[Label], requests: &Arc<RequestHistogram>) {
        let mut families = self.families.lock();
        for (name, _) in MEASURES {
            families.entry(name.to_owned()).or_default();
        }
        self.requests.lock().entry(labels(given.iter())).or_default().add(requests);
    }

    /// Appends all histograms in the Prometheus text format.
    pub(in crate::metrics::exporter) fn render(&self, out: &mut String) {
        let (families, requests) = (self.families.lock(), self.requests.lock());
        for (name, family) in &*families {
            let measure = MEASURES.iter().find(|(measure, _)| measure == name).map(|(_, measure)| *measure);
            let requests = measure.map(|measure| (&*requests, measure)).filter(|(requests, _)| !requests.is_empty());
            if family.series.is_empty() && requests.is_none() {
                continue;
            }
            text::write_head(out, name, family.description.as_deref());
            let shown = requests.iter().flat_map(|(requests, _)| requests.keys());
            let all: BTreeSet<&String> = family.series.keys().chain(shown).collect();
            for labels in all {
                let samples = family.series.get(labels).map(|samples| samples.snapshot());
                let counted = requests.and_then(|(requests, measure)| requests.get(labels)?.snapshot(measure));
                if let Some(snapshot) = sum(samples, counted) {
                    text::write_histogram(out, name, labels, &snapshot);
                }
            }
            out.push('\n');
        }
    }
}

fn sum(samples: Option<HistogramSnapshot>, requests: Option<HistogramSnapshot>) -> Option<HistogramSnapshot> {
    match (samples, requests) {
        (Some(samples), Some(requests)) => Some(samples.and(&requests)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::recording::BucketScale;

    #[test]
    fn requests_and_samples_of_one_series_are_added() {
        let durations = Arc::new(BucketScale::new(&[1.0]));
        let bounds = RequestBounds { durations, bytes: Arc::new([10.0]) };
        let registry = HistogramRegistry::new(&[1.0], bounds.clone());
        let labels = [Label::new("a", "b")];
        let show = |duration, bytes| {
            let requests = Arc::new(RequestHistogram::new(&bounds));
            registry.show(&labels, &requests);
            requests.record(duration, bytes, 5);
            requests
        };
        let first = show(Duration::from_millis(500), 20);
        let second = show(Duration::from_secs(2), 1);
        registry.register(&Key::from_parts(DURATION, labels.to_vec())).record(0.25);
        let expected = [
            r#"http_server_request_duration_seconds_bucket{a="b",le="1"} 2"#,
            r#"http_server_request_duration_seconds_sum{a="b"} 2.75"#,
            r#"http_server_request_duration_seconds_count{a="b"} 3"#,
            r#"http_server_request_body_size_bytes_sum{a="b"} 21"#,
        ];
        let rendered = || {
            let mut out = String::new();
            registry.render(&mut out);
            out
        };
        let both = rendered();
        for line in expected {
            assert!(both.lines().any(|one| one == line), "{line} in\n{both}");
        }
        // A counter never falls, also not if an app ends whose recorder another app takes over.
        drop(first);
        assert_eq!(rendered(), both);
        drop(second);
        show(Duration::ZERO, 0);
        let lines = rendered();
        assert!(lines.contains("duration_seconds_count{a=\"b\"} 4"), "both have ended:\n{lines}");
    }
}
