//! `/health`, `/health/live`, `/health/ready` and `/health/startup`.

use axum::{
    Extension, Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use super::{monitor::HealthMonitor, result::HealthStatus};
use crate::observe::ProbeAnswer;

/// The path of the state of all checks.
pub(crate) const OVERALL_PATH: &str = "/health";
/// The path of the liveness endpoint.
pub(crate) const LIVE_PATH: &str = "/health/live";
/// The path of the readiness endpoint.
pub(crate) const READY_PATH: &str = "/health/ready";
/// The path of the start-up endpoint.
pub(crate) const STARTUP_PATH: &str = "/health/startup";

/// The endpoints for clients, which show a status and no reasons.
pub(crate) fn for_clients(monitor: &HealthMonitor) -> Router {
    let router = Router::new()
        .route(OVERALL_PATH, get(overall_status))
        .route(READY_PATH, get(ready_status))
        .route(STARTUP_PATH, get(startup_status));
    router.with_state(monitor.clone()).route(LIVE_PATH, get(live))
}

/// The endpoints for operators, with the results of the checks.
pub(crate) fn for_operators(monitor: &HealthMonitor) -> Router {
    let router = Router::new()
        .route(OVERALL_PATH, get(overall_report))
        .route(READY_PATH, get(ready_report))
        .route(STARTUP_PATH, get(startup_report));
    router.with_state(monitor.clone()).route(LIVE_PATH, get(live))
}

/// Answers 200.
async fn live() -> Response {
    answer(true, &json!({ "status": "ok" }))
}

async fn overall_status(State(monitor): State<HealthMonitor>) -> Response {
    let status = monitor.overall().await.status;
    answer(status != HealthStatus::Unhealthy, &json!({ "status": status }))
}

async fn overall_report(State(monitor): State<HealthMonitor>) -> Response {
    let health = monitor.overall().await;
    answer(health.status != HealthStatus::Unhealthy, &health)
}

async fn ready_status(State(monitor): State<HealthMonitor>) -> Response {
    let is_ready = monitor.readiness().await.is_ready();
    answer(is_ready, &json!({ "status": if is_ready { "ready" } else { "not ready" } }))
}

async fn ready_report(State(monitor): State<HealthMonitor>) -> Response {
    let report = monitor.readiness().await;
    answer(report.is_ready(), &report)
}

async fn startup_status(State(monitor): State<HealthMonitor>) -> Response {
    // Nothing is left to find out afterwards.
    let has_started = monitor.has_started() || monitor.readiness().await.is_ready();
    answer(has_started, &json!({ "status": if has_started { "started" } else { "starting" } }))
}

async fn startup_report(State(monitor): State<HealthMonitor>) -> Response {
    if monitor.has_started() {
        return answer(true, &json!({ "status": "started" }));
    }
    let report = monitor.readiness().await;
    answer(report.is_ready(), &report)
}

fn answer(is_well: bool, document: &impl Serialize) -> Response {
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, Extension(ProbeAnswer), headers, Json(document)).into_response()
}
