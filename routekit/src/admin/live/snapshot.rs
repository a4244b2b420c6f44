//! The figures of one event.

use serde::Serialize;
use serde_json::json;

use crate::{
    health::{HealthMonitor, OverallHealth},
    performance::{Metrics, MetricsDocument},
    shutdown::Shutdown,
};

/// The parts of the app that the live page shows.
#[derive(Debug)]
pub(crate) struct LiveSource {
    pub(crate) metrics: Metrics,
    pub(crate) health: HealthMonitor,
    /// Whether `/requests` has any.
    pub(crate) explains: bool,
    pub(crate) shutdown: Shutdown,
}

/// The document of `/metrics`, and the health of the app.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LiveSnapshot {
    #[serde(flatten)]
    figures: MetricsDocument,
    ready: bool,
    /// Why the app is not ready.
    held_by: Vec<String>,
    health: OverallHealth,
    /// Whether the app explains requests.
    explains: bool,
}

impl LiveSource {
    /// The figures of now, as an event.
    pub(super) async fn snapshot(&self) -> String {
        let readiness = self.health.readiness().await;
        let snapshot = LiveSnapshot {
            figures: self.metrics.document().await,
            ready: readiness.is_ready(),
            held_by: readiness.held_by,
            health: self.health.overall().await,
            explains: self.explains,
        };
        let json = serde_json::to_string(&snapshot).expect("figures and texts are valid JSON");
        format!("data: {json}\n\n")
    }

    /// The requests and failures of the last ten minutes, as an event of the type `history`.
    pub(super) async fn history(&self) -> String {
        let history = self.metrics.recent().await;
        format!("event: history\ndata: {}\n\n", json!({ "routes": history }))
    }
}
