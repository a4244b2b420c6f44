//! `/access-log`

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::authorize::AdminChange;
use crate::{
    access_log::{AccessLog, AccessLogMode},
    problem::{Problem, Result},
};

pub(super) async fn show(State(log): State<AccessLog>) -> Json<Value> {
    Json(json!({ "mode": log.mode().to_string() }))
}

/// Sets the mode to the text of the body, such as `all`.
pub(super) async fn change(State(log): State<AccessLog>, body: String) -> Result<Response> {
    let mode: AccessLogMode =
        body.trim().parse().map_err(|modes| Problem::unprocessable(format!("the body must be {modes}")))?;
    let change = AdminChange { before: Some(log.mode().to_string()), after: mode.to_string() };
    log.set_mode(mode);
    Ok((StatusCode::NO_CONTENT, Extension(change)).into_response())
}
