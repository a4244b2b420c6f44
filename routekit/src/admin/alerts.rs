//! `/alerts`

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::authorize::AdminChange;
use crate::{
    alerts::{Alert, Alerts, AlertsReport, MAX_SNOOZE},
    base::{clock::rfc3339, units},
    problem::{Problem, Result},
};

pub(super) async fn list(State(alerts): State<Alerts>) -> Json<Value> {
    let AlertsReport { is_running, evaluated, active, history } = alerts.report();
    let evaluated = evaluated.map(rfc3339);
    Json(json!({ "running": is_running, "evaluated": evaluated, "active": active, "history": history }))
}

/// Stops the reminders of an alert for the duration in the body.
pub(super) async fn snooze(
    State(alerts): State<Alerts>,
    id: std::result::Result<Path<String>, PathRejection>,
    body: String,
) -> Result<Response> {
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let duration = duration(body.trim())?;
    let unknown = || Problem::not_found("no active alert has this id");
    let (before, after) = alerts.snooze_with_previous(&id, duration).ok_or_else(unknown)?;
    let change = AdminChange { before: Some(describe(&before)), after: describe(&after) };
    Ok((Extension(change), Json(after)).into_response())
}

/// `None` ends an earlier snooze.
fn duration(text: &str) -> Result<Option<Duration>> {
    match units::duration(text) {
        _ if text == "off" => Ok(None),
        Some(duration) if !duration.is_zero() && duration <= MAX_SNOOZE => Ok(Some(duration)),
        _ => {
            let detail = "the body must be the duration of the snooze, such as `30m` or `1h`, at most `720h`, or `off`";
            Err(Problem::unprocessable(detail))
        }
    }
}

fn describe(alert: &Alert) -> String {
    let since = |time: std::time::SystemTime| time.duration_since(std::time::SystemTime::UNIX_EPOCH);
    match alert.snoozed_until.map(since) {
        Some(until) => format!("{}: snoozed until {}", alert.id, rfc3339(until.unwrap_or_default())),
        None => format!("{}: not snoozed", alert.id),
    }
}
