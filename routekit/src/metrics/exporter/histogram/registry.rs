//! All histograms of an exporter.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use metrics::{Key, SharedString};
use parking_lot::Mutex;

use super::{
    super::names::{labels, metric_name},
    buckets::BucketHistogram,
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
    series: BTreeMap<String, Arc<BucketHistogram>>,
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
        let bounds = self.own_bounds.get(key.name()).unwrap_or(&self.bounds);
        let mut families = self.families.lock();
        let family = families.entry(metric_name(key.name())).or_default();
        let series = family.series.entry(labels(key.labels()));
        let histogram = series.or_insert_with(|| Arc::new(BucketHistogram::new(Arc::clone(bounds))));
        metrics::Histogram::from_arc(Arc::clone(histogram))
    }

    /// Appends all histograms in the Prometheus text format.
    pub(in crate::metrics::exporter) fn render(&self, out: &mut String) {
        for (name, family) in &*self.families.lock() {
            if family.series.is_empty() {
                continue;
            }
            text::write_head(out, name, family.description.as_deref());
            for (labels, histogram) in &family.series {
                text::write_histogram(out, name, labels, &histogram.snapshot());
            }
            out.push('\n');
        }
    }
}
