//! `/readiness`

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::health::Readiness;

/// 200 whatever it says: this is for reading, `/health/ready` for acting.
pub(super) async fn show(State(readiness): State<Readiness>) -> Json<Value> {
    let reasons = readiness.reasons();
    Json(json!({ "ready": reasons.is_empty(), "heldBy": reasons }))
}
