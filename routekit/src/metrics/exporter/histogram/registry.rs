//! All histograms of an exporter.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use metrics::{Key, Label, SharedString};
use parking_lot::Mutex;

use super::{
    super::names::{labels, metric_name},
    buckets::{BucketHistogram, HistogramSnapshot},
    requests::{RequestBounds, RequestHistogram, RequestMeasure},
    text,
};

/// Creates histograms, and renders them.
pub(in crate::metrics::exporter) struct HistogramRegistry {
    /// The bounds of histograms without bounds of their own.
    bounds: Arc<[f64]>,
    own_bounds: HashMap<&'static str, Arc<[f64]>>,
    families: Mutex<BTreeMap<String, HistogramFamily>>,
}

/// The histograms of one name.
#[derive(Default)]
struct HistogramFamily {
    description: Option<SharedString>,
    /// By their labels as they are rendered, so that two keys with one text share a histogram.
    series: BTreeMap<String, HistogramSeries>,
}

/// One series: what is recorded through the facade, and the requests of the app.
#[derive(Default)]
struct HistogramSeries {
    samples: Option<Arc<BucketHistogram>>,
    requests: Option<(Arc<RequestHistogram>, RequestMeasure)>,
}

impl HistogramRegistry {
    /// Histograms have these bounds, except those with names in `own`.
    pub(in crate::metrics::exporter) fn new<const N: usize>(bounds: &[f64], own: [(&'static str, &[f64]); N]) -> Self {
        let own_bounds = own.into_iter().map(|(name, bounds)| (name, bounds.into())).collect();
        Self { bounds: bounds.into(), own_bounds, families: Mutex::default() }
    }

    pub(in crate::metrics::exporter) fn describe(&self, name: &str, description: SharedString) {
        self.families.lock().entry(metric_name(name)).or_default().description = Some(description);
    }

    /// The histogram with this key, which is created if there is none.
    pub(in crate::metrics::exporter) fn register(&self, key: &Key) -> metrics::Histogram {
        let mut families = self.families.lock();
        let family = families.entry(metric_name(key.name())).or_default();
        let series = family.series.entry(labels(key.labels())).or_default();
        let new = || Arc::new(BucketHistogram::new(Arc::clone(self.bounds(key.name()))));
        metrics::Histogram::from_arc(Arc::clone(series.samples.get_or_insert_with(new)))
    }

    /// The histograms of requests with these labels, with the names for durations and for the sizes of requests and
    /// responses. They are created if there are none.
    pub(in crate::metrics::exporter) fn requests(
        &self,
        names: [&'static str; 3],
        given: &[Label],
    ) -> Arc<RequestHistogram> {
        let labels = labels(given.iter());
        let mut families = self.families.lock();
        let [duration, size, _] = names;
        let known = families.get(duration).and_then(|family| family.series.get(&labels)?.requests.clone());
        if let Some((known, _)) = known {
            return known;
        }
        let bounds = RequestBounds { seconds: Arc::clone(self.bounds(duration)), bytes: Arc::clone(self.bounds(size)) };
        let histogram = Arc::new(RequestHistogram::new(&bounds));
        let parts = [RequestMeasure::Duration, RequestMeasure::RequestSize, RequestMeasure::ResponseSize];
        for (name, part) in names.into_iter().zip(parts) {
            let family = families.entry(name.to_owned()).or_default();
            family.series.entry(labels.clone()).or_default().requests = Some((Arc::clone(&histogram), part));
        }
        histogram
    }

    fn bounds(&self, name: &str) -> &Arc<[f64]> {
        self.own_bounds.get(name).unwrap_or(&self.bounds)
    }

    /// Appends all histograms in the Prometheus text format.
    pub(in crate::metrics::exporter) fn render(&self, out: &mut String) {
        for (name, family) in &*self.families.lock() {
            if family.series.is_empty() {
                continue;
            }
            text::write_head(out, name, family.description.as_deref());
            for (labels, series) in &family.series {
                if let Some(snapshot) = series.snapshot() {
                    text::write_histogram(out, name, labels, &snapshot);
                }
            }
            out.push('\n');
        }
    }
}

impl HistogramSeries {
    fn snapshot(&self) -> Option<HistogramSnapshot> {
        let samples = self.samples.as_ref().map(|samples| samples.snapshot());
        let requests = self.requests.as_ref().map(|(requests, part)| requests.snapshot(*part));
        match (samples, requests) {
            (Some(samples), Some(requests)) => Some(samples.and(&requests)),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn requests_and_samples_of_one_series_are_added() {
        let registry = HistogramRegistry::new(&[1.0], [("size", &[10.0]), ("sent", &[10.0])]);
        let labels = [Label::new("a", "b")];
        let requests = registry.requests(["time", "size", "sent"], &labels);
        requests.record(Duration::from_millis(500), 20, 5);
        registry.requests(["time", "size", "sent"], &labels).record(Duration::from_secs(2), 1, 1);
        registry.register(&Key::from_parts("time", labels.to_vec())).record(0.25);
        let mut out = String::new();
        registry.render(&mut out);
        for line in [
            "time_bucket{a=\"b\",le=\"1\"} 2",
            "time_sum{a=\"b\"} 2.75",
            "time_count{a=\"b\"} 3",
            "size_sum{a=\"b\"} 21",
        ] {
            assert!(out.lines().any(|one| one == line), "{line} in\n{out}");
        }
    }
}
