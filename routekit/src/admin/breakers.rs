//! `/breakers`

use axum::{
    Extension, Json,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};

use http::StatusCode;
use serde::Serialize;

use super::authorize::AdminChange;
use crate::{
    breaker::{BreakerCommands, BreakerSnapshot, Breakers, CircuitBreaker, CommandReach, Mode},
    problem::{Problem, Result},
};

type NamePath = std::result::Result<Path<String>, PathRejection>;

/// A breaker after a command, and which processes the command acts on.
#[derive(Serialize)]
struct CommandAnswer {
    #[serde(flatten)]
    breaker: BreakerSnapshot,
    /// `this`, or `all` if it is recorded for the others.
    processes: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

pub(super) async fn list(State(commands): State<BreakerCommands>) -> Json<Vec<BreakerSnapshot>> {
    Json(commands.breakers().snapshots())
}

pub(super) async fn show(State(commands): State<BreakerCommands>, name: NamePath) -> Result<Json<BreakerSnapshot>> {
    Ok(Json(find(commands.breakers(), name)?.snapshot()))
}

/// Runs the command in the body, such as `force_open`. The status is 202 if it does not act on all processes yet.
pub(super) async fn change(State(commands): State<BreakerCommands>, name: NamePath, body: String) -> Result<Response> {
    let breaker = find(commands.breakers(), name)?;
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
    let before = describe(&breaker.snapshot());
    let reach = commands.command(&breaker, mode).await;
    let after = breaker.snapshot();
    let (status, processes, in_audit, detail) = match reach {
        CommandReach::ThisProcess => (StatusCode::OK, "this", "", None),
        CommandReach::AllProcesses => (StatusCode::OK, "all", "; in all processes", None),
        CommandReach::OthersLater => {
            let detail = "Redis cannot be used: the other processes get the command once it can";
            (StatusCode::ACCEPTED, "this", "; in this process, and in the others later", Some(detail))
        }
    };
    let change = AdminChange { before: Some(before), after: format!("{}{in_audit}", describe(&after)) };
    let answer = CommandAnswer { breaker: after, processes, detail };
    Ok((status, Extension(change), Json(answer)).into_response())
}

fn find(breakers: &Breakers, name: NamePath) -> Result<CircuitBreaker> {
    let Path(name) = name.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    // The route's pattern has consumed the leading slash of the name, if there is one.
    let found = breakers.get(&name).or_else(|| breakers.get(&format!("/{name}")));
    found.ok_or_else(|| Problem::not_found("no circuit breaker has this name"))
}
