//! The Prometheus exporter of an app.

use std::{fmt, sync::Arc};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::{Mutex, MutexGuard};

use super::{
    names::{REQUEST_SIZE, RESPONSE_SIZE},
    recorder::SharedRecorder,
    source::MetricSource,
};

/// Bucket boundaries that OpenTelemetry recommends for HTTP durations, in seconds.
pub const DURATION_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// OpenTelemetry recommends none for sizes: 256 bytes to 16 MiB in steps of four.
const SIZE_BUCKETS: [f64; 9] =
    [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

/// Collects an app's metrics and renders them for Prometheus. Clones share the metrics.
#[derive(Clone)]
pub struct Exporter {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    /// Updated before rendering.
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
        let sizes = [REQUEST_SIZE, RESPONSE_SIZE].map(|name| Matcher::Full(name.to_owned()));
        let builder = PrometheusBuilder::new().set_buckets(seconds).expect("there are buckets");
        let builder = sizes.into_iter().fold(builder, |builder, name| {
            builder.set_buckets_for_metric(name, &SIZE_BUCKETS).expect("there are buckets")
        });
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        Self { recorder: Arc::new(recorder), handle, sources: Arc::default() }
    }

    /// The recorder that metrics are registered with.
    #[must_use]
    pub fn recorder(&self) -> SharedRecorder {
        self.recorder.clone()
    }

    /// Renders all metrics in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.sources().retain(|source| source.update());
        self.handle.render()
    }

    /// Updates this source before rendering, until it reports that it has ended.
    pub(crate) fn add(&self, source: Arc<dyn MetricSource>) {
        self.sources().push(source);
    }

    /// Updates what has to be awaited, such as the size of a remote store.
    pub(crate) async fn fetch(&self) {
        let sources = self.sources().clone();
        for source in sources {
            source.fetch().await;
        }
    }

    fn sources(&self) -> MutexGuard<'_, Vec<Arc<dyn MetricSource>>> {
        self.sources.lock()
    }

    /// Returns a function that aggregates the samples of histograms. Call it about every second, so that memory does
    /// not
    /// grow while no scraper reads the metrics. It returns `false` once the exporter has been dropped.
    pub fn upkeep(&self) -> impl Fn() -> bool + Send + 'static {
        let (alive, handle) = (Arc::downgrade(&self.recorder), self.handle.clone());
        move || {
            handle.run_upkeep();
            alive.strong_count() > 0
        }
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter")
    }
}
