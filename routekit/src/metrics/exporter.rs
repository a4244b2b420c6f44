//! The Prometheus exporter that an app owns.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{
    SharedRecorder, Source,
    names::{REQUEST_SIZE, RESPONSE_SIZE},
};

/// The boundaries that OpenTelemetry recommends for HTTP durations, in seconds.
pub const DURATION_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// For sizes OpenTelemetry recommends none: from 256 bytes to 16 MiB, four times as much each.
const SIZE_BUCKETS: [f64; 9] =
    [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

/// Collects an app's metrics and renders them for Prometheus. A clone shares them.
#[derive(Clone)]
pub struct Exporter {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    /// Who has to be looked at before it is rendered.
    sources: Arc<Mutex<Vec<Arc<dyn Source>>>>,
}

impl Exporter {
    /// An empty exporter with the [`DURATION_BUCKETS`].
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an exporter is made once an app, on purpose")]
    pub fn new() -> Self {
        Self::with_duration_buckets(&DURATION_BUCKETS)
    }

    /// An empty exporter; durations, and the histograms of handlers, have these buckets.
    ///
    /// # Panics
    /// Without a bucket.
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

    /// What metrics are registered with.
    #[must_use]
    pub fn recorder(&self) -> SharedRecorder {
        self.recorder.clone()
    }

    /// Everything collected so far, in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.sources().retain(|source| source.bring());
        self.handle.render()
    }

    /// Looks at this one as well before it renders, for as long as it brings something.
    pub(crate) fn add(&self, source: Arc<dyn Source>) {
        self.sources().push(source);
    }

    /// Brings over what has to be waited for.
    pub(crate) async fn ask(&self) {
        let sources = self.sources().clone();
        for source in sources {
            source.ask().await;
        }
    }

    fn sources(&self) -> MutexGuard<'_, Vec<Arc<dyn Source>>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What folds the samples of histograms, for as long as the exporter is there: to be called every second or so, so
    /// that memory stays flat when nobody scrapes. `false` once it is gone.
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
