//! `/health/live`

use axum::{Json, response::IntoResponse};
use http::{HeaderValue, header};

/// Where it is served.
pub(crate) const LIVE_PATH: &str = "/health/live";

/// Answers 200.
pub(crate) async fn live() -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, Json(serde_json::json!({ "status": "ok" })))
}
