//! `/health/live`

use axum::{Json, response::IntoResponse};
use http::{HeaderValue, header};

/// The path of the liveness endpoint.
pub(crate) const LIVE_PATH: &str = "/health/live";

/// Answers 200.
pub(crate) async fn live() -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, Json(serde_json::json!({ "status": "ok" })))
}
