//! `/readiness`

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::health::Readiness;

/// Answers 200 whether the app is ready or not, for operators. Load balancers use `/health/ready`.
pub(super) async fn show(State(readiness): State<Readiness>) -> Json<Value> {
    let reasons = readiness.reasons();
    Json(json!({ "ready": reasons.is_empty(), "heldBy": reasons }))
}
