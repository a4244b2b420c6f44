//! `/routes`

use axum::{body::Bytes, extract::State, response::IntoResponse};
use http::{HeaderValue, header};
use serde_json::json;

use crate::policy::Explanation;

/// Renders the document once: routes do not change while the app runs.
pub(super) fn render(routes: &[Explanation]) -> Bytes {
    Bytes::from(json!({ "routes": routes }).to_string())
}

pub(super) async fn list(State(document): State<Bytes>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document)
}
