//! `/access-log`

use axum::{Json, extract::State};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    access_log::AccessLog,
    problem::{Problem, Result},
};

pub(super) async fn show(State(log): State<AccessLog>) -> Json<Value> {
    Json(json!({ "mode": log.mode().to_string() }))
}

/// The body is the mode: `all`.
pub(super) async fn change(State(log): State<AccessLog>, body: String) -> Result<StatusCode> {
    let mode = body.trim().parse().map_err(|modes| Problem::unprocessable(format!("the body must be {modes}")))?;
    let before = log.mode();
    log.set_mode(mode);
    tracing::info!(target: "routekit::admin", %before, after = %mode, "access log changed");
    Ok(StatusCode::NO_CONTENT)
}
