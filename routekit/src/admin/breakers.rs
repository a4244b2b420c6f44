//! `/breakers`

use axum::{
    Extension, Json,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};

use super::authorize::AdminChange;
use crate::{
    breaker::{BreakerSnapshot, Breakers, CircuitBreaker, Mode},
    problem::{Problem, Result},
};

type NamePath = std::result::Result<Path<String>, PathRejection>;

pub(super) async fn list(State(breakers): State<Breakers>) -> Json<Vec<BreakerSnapshot>> {
    Json(breakers.snapshots())
}

pub(super) async fn show(State(breakers): State<Breakers>, name: NamePath) -> Result<Json<BreakerSnapshot>> {
    Ok(Json(find(&breakers, name)?.snapshot()))
}

/// Runs the command in the body, such as `force_open`.
pub(super) async fn change(State(breakers): State<Breakers>, name: NamePath, body: String) -> Result<Response> {
    let breaker = find(&breakers, name)?;
    let mode = match body.trim() {
        "force_open" => Mode::ForcedOpen,
        "force_closed" => Mode::ForcedClosed,
        "disabled" => Mode::Disabled,
        "metrics_only" => Mode::MetricsOnly,
        "reset" => Mode::Automatic,
        _ => {
            let commands = "`force_open`, `force_closed`, `disabled`, `metrics_only` or `reset`";
            return Err(Problem::unprocessable(format!("the body must be {commands}")));
        }
    };
    let describe = |snapshot: &BreakerSnapshot| format!("{}: {}, {}", snapshot.name, snapshot.state, snapshot.mode);
    let before = breaker.snapshot();
    breaker.command(mode);
    let after = breaker.snapshot();
    let change = AdminChange { before: Some(describe(&before)), after: describe(&after) };
    Ok((Extension(change), Json(after)).into_response())
}

fn find(breakers: &Breakers, name: NamePath) -> Result<CircuitBreaker> {
    let Path(name) = name.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    // The route's pattern has consumed the leading slash of the name, if there is one.
    let found = breakers.get(&name).or_else(|| breakers.get(&format!("/{name}")));
    found.ok_or_else(|| Problem::not_found("no circuit breaker has this name"))
}
