//! The Prometheus exporter of an app.

mod admission;
mod handles;
mod histogram;
mod names;
mod open_metrics;

use std::{fmt, sync::Arc};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::{Mutex, MutexGuard};

use self::{
    admission::{Admissions, MetricKind},
    handles::Handles,
    histogram::HistogramRegistry,
};
use super::{
    names::{DURATION, DURATION_BUCKETS, METADATA, METRICS_REFUSED, REQUEST_SIZE, RESPONSE_SIZE, describe_exporter},
    recorder::SharedRecorder,
    source::MetricSource,
};
use crate::recording::{RequestBounds, RequestHistogram};

/// Collects an app's metrics and renders them for Prometheus. Clones share the metrics.
#[derive(Clone)]
pub struct Exporter {
    recorder: Arc<ExporterRecorder>,
    handle: PrometheusHandle,
    /// Sources that are updated before rendering.
    sources: Arc<Mutex<Vec<Arc<dyn MetricSource>>>>,
}

impl Exporter {
    /// Creates an exporter with [`DURATION_BUCKETS`].
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an app creates exactly one exporter, explicitly")]
    pub fn new() -> Self {
        Self::with_duration_buckets(&DURATION_BUCKETS)
    }

    /// Creates an exporter whose duration histograms, and those that handlers register, have these buckets.
    ///
    /// # Panics
    /// Panics if `seconds` is empty, does not rise, or holds a number that is not finite.
    #[must_use]
    pub fn with_duration_buckets(seconds: &[f64]) -> Self {
        let rising = seconds.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(!seconds.is_empty() && rising && seconds.iter().all(|bound| bound.is_finite()), "invalid buckets");
        let others = PrometheusBuilder::new().build_recorder();
        let handle = others.handle();
        describe_exporter(&others);
        let refused = others.register_counter(&Key::from_name(METRICS_REFUSED), &METADATA);
        let admissions = Admissions::default();
        // Those that are rendered without a registration.
        let histograms = [DURATION, REQUEST_SIZE, RESPONSE_SIZE].map(|name| (MetricKind::Histogram, name));
        for (kind, name) in histograms.into_iter().chain([(MetricKind::Counter, METRICS_REFUSED)]) {
            let _ = admissions.admit(kind, &Key::from_name(name));
        }
        let recorder = ExporterRecorder {
            admissions,
            counters: Handles::default(),
            gauges: Handles::default(),
            histograms: Handles::default(),
            histogram_registry: HistogramRegistry::new(seconds, RequestBounds::new(seconds)),
            others,
            refused,
        };
        Self { recorder: Arc::new(recorder), handle, sources: Arc::default() }
    }

    /// Creates the exporter of an app. `None` without the feature `prometheus`.
    #[expect(clippy::unnecessary_wraps, reason = "`no_exporter` has the same function")]
    pub(crate) fn of_app(duration_buckets: &[f64]) -> Option<Self> {
        Some(Self::with_duration_buckets(duration_buckets))
    }

    /// Returns the recorder that metrics are registered with.
    #[must_use]
    pub fn recorder(&self) -> SharedRecorder {
        self.recorder.clone()
    }

    /// The buckets of the requests that this exporter can show.
    pub(crate) fn request_bounds(&self) -> RequestBounds {
        self.recorder.histogram_registry.request_bounds().clone()
    }

    /// Shows these requests with these labels, as part of the families of the facade's histograms.
    pub(super) fn show(&self, labels: &[Label], requests: &Arc<RequestHistogram>) {
        self.recorder.histogram_registry.show(labels, requests);
    }

    /// Renders all metrics in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.sources().retain(|source| source.update());
        let mut text = self.handle.render();
        self.recorder.histogram_registry.render(&mut text);
        text
    }

    /// Renders all metrics as OpenMetrics 1.0.
    #[must_use]
    pub fn render_open_metrics(&self) -> String {
        open_metrics::of(&self.render())
    }

    /// Updates this source before rendering, until it reports that it has ended.
    pub(crate) fn add(&self, source: Arc<dyn MetricSource>) {
        self.sources().push(source);
    }

    /// Updates the metrics that need an asynchronous call, such as the size of a remote store.
    pub(crate) async fn fetch(&self) {
        let sources = self.sources().clone();
        for source in sources {
            source.fetch().await;
        }
    }

    fn sources(&self) -> MutexGuard<'_, Vec<Arc<dyn MetricSource>>> {
        self.sources.lock()
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter")
    }
}

/// Checks each key, and keeps its handle. Counts histograms in place; counters and gauges are atomics of
/// `metrics-exporter-prometheus`, whose histograms would keep every sample until they are folded.
struct ExporterRecorder {
    admissions: Admissions,
    counters: Handles<Counter>,
    gauges: Handles<Gauge>,
    histograms: Handles<Histogram>,
    histogram_registry: HistogramRegistry,
    others: PrometheusRecorder,
    /// Counts the uses of refused metrics: each use registers the metric.
    refused: Counter,
}

impl ExporterRecorder {
    /// The handle of a key. `None` if the key is refused.
    fn handle<H: Clone>(
        &self,
        handles: &Handles<H>,
        (kind, given): (MetricKind, &Key),
        make: impl FnOnce(&Key) -> H,
    ) -> Option<H> {
        if let Some(known) = handles.get(given) {
            return Some(known);
        }
        match self.admissions.admit(kind, given) {
            Ok(admitted) => Some(handles.add(given, &admitted, || make(&admitted))),
            Err(_) => {
                self.refused.increment(1);
                None
            }
        }
    }
}

impl Recorder for ExporterRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.others.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.others.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, _unit: Option<Unit>, description: SharedString) {
        self.histogram_registry.describe(key.as_str(), description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let make = |key: &Key| self.others.register_counter(&with_doubled_backslashes(key), metadata);
        self.handle(&self.counters, (MetricKind::Counter, key), make).unwrap_or_else(Counter::noop)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let make = |key: &Key| self.others.register_gauge(&with_doubled_backslashes(key), metadata);
        self.handle(&self.gauges, (MetricKind::Gauge, key), make).unwrap_or_else(Gauge::noop)
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        let make = |key: &Key| self.histogram_registry.register(key);
        self.handle(&self.histograms, (MetricKind::Histogram, key), make).unwrap_or_else(Histogram::noop)
    }
}

/// `metrics-exporter-prometheus` takes `\\` for an escaped backslash and writes it as it is, so that two values could
/// have one text.
fn with_doubled_backslashes(key: &Key) -> Key {
    if key.labels().all(|label| !label.value().contains('\\')) {
        return key.clone();
    }
    let labels = key.labels().map(|label| Label::new(label.key().to_owned(), label.value().replace('\\', r"\\")));
    Key::from_parts(key.name().to_owned(), labels.collect::<Vec<_>>())
}
