//! `/readiness`

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::health::HealthMonitor;

/// Answers 200 whether the app is ready or not, for operators. Load balancers use `/health/ready`.
pub(super) async fn show(State(monitor): State<HealthMonitor>) -> Json<Value> {
    let report = monitor.readiness().await;
    let mut document = json!({ "ready": report.is_ready(), "heldBy": report.held_by });
    if !monitor.is_empty() {
        document["health"] = json!(monitor.overall().await);
    }
    Json(document)
}
