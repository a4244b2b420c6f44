//! The Prometheus exporter of an app.

use std::{fmt, sync::Arc};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::{Mutex, MutexGuard};

use super::{
    histogram::HistogramRegistry,
    names::{DURATION_BUCKETS, REQUEST_SIZE, RESPONSE_SIZE},
    recorder::SharedRecorder,
    source::MetricSource,
};

/// From 256 bytes to 16 MiB, in steps of a factor of four. OpenTelemetry recommends none for sizes.
const SIZE_BUCKETS: [f64; 9] =
    [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

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
    /// Panics if `seconds` is empty.
    #[must_use]
    pub fn with_duration_buckets(seconds: &[f64]) -> Self {
        assert!(!seconds.is_empty(), "there are buckets");
        let sizes = [REQUEST_SIZE, RESPONSE_SIZE].map(|name| (name, &SIZE_BUCKETS[..]));
        let others = PrometheusBuilder::new().build_recorder();
        let handle = others.handle();
        let recorder = ExporterRecorder { histograms: HistogramRegistry::new(seconds, sizes), others };
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

    /// Renders all metrics in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.sources().retain(|source| source.update());
        let mut text = self.handle.render();
        self.recorder.histograms.render(&mut text);
        text
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

/// Counts histograms in place. Other metrics are atomics of `metrics-exporter-prometheus`, whose histograms would keep
/// every sample until they are folded.
struct ExporterRecorder {
    histograms: HistogramRegistry,
    others: PrometheusRecorder,
}

impl Recorder for ExporterRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.others.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.others.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, _unit: Option<Unit>, description: SharedString) {
        self.histograms.describe(key.as_str(), description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.others.register_counter(key, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.others.register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        self.histograms.register(key)
    }
}
