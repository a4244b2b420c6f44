//! The Prometheus exporter that an app owns.

use std::{fmt, sync::Arc};

use metrics::{Recorder, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::route_metrics::{ACTIVE, DURATION};

/// A recorder that several parts of an app register their metrics with.
pub type SharedRecorder = Arc<dyn Recorder + Send + Sync>;

/// Collects an app's metrics and renders them for Prometheus.
#[derive(Clone)]
pub struct Exporter {
    recorder: SharedRecorder,
    handle: PrometheusHandle,
}

/// The boundaries that OpenTelemetry recommends for HTTP durations, in seconds.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

impl Exporter {
    /// An empty exporter.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an exporter is made once an app, on purpose")]
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        recorder.describe_histogram(
            DURATION.into(),
            Some(Unit::Seconds),
            "Time from the request head to the response head.".into(),
        );
        recorder.describe_gauge(ACTIVE.into(), None, "Requests that are being answered.".into());
        Self { recorder: Arc::new(recorder), handle }
    }

    /// What metrics are registered with.
    #[must_use]
    pub fn recorder(&self) -> SharedRecorder {
        Arc::clone(&self.recorder)
    }

    /// Everything collected so far, in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds samples into histograms; to be called every few seconds, so that memory stays flat when nobody scrapes.
    pub(crate) fn run_upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter")
    }
}
