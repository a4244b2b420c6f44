//! `/alerts`

use std::time::{Duration, SystemTime};

use axum::{
    Extension, Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;
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

/// How long the alert is snoozed. Unknown parameters are rejected, so that a misspelt one has no other effect.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SnoozeQuery {
    #[serde(rename = "for")]
    lasts: Option<String>,
}

/// Stops the reminders of an alert.
pub(super) async fn snooze(
    State(alerts): State<Alerts>,
    id: std::result::Result<Path<String>, PathRejection>,
    query: std::result::Result<Query<SnoozeQuery>, QueryRejection>,
) -> Result<Response> {
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let Query(query) = query.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let duration = duration(query.lasts.as_deref())?;
    let unknown = || Problem::not_found("no active alert has this id");
    let (before, after) = alerts.snooze_with_previous(&id, duration).ok_or_else(unknown)?;
    let change = AdminChange { before: Some(describe(&before)), after: describe(&after) };
    Ok((Extension(change), Json(after)).into_response())
}

/// `None` ends an earlier snooze.
fn duration(lasts: Option<&str>) -> Result<Option<Duration>> {
    const FORMS: &str = "write a duration such as `30m` or `1h`, at most `720h`, or `off`";
    match lasts.map(|text| (text, units::duration(text))) {
        Some(("off", _)) => Ok(None),
        Some((_, Some(duration))) if !duration.is_zero() && duration <= MAX_SNOOZE => Ok(Some(duration)),
        Some((text, _)) => Err(Problem::bad_request(format!("`for` is `{text}`: {FORMS}"))),
        None => Err(Problem::bad_request(format!("`for` is missing: {FORMS}"))),
    }
}

fn describe(alert: &Alert) -> String {
    let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH);
    match alert.snoozed_until.map(since) {
        Some(until) => format!("{}: snoozed until {}", alert.id, rfc3339(until.unwrap_or_default())),
        None => format!("{}: not snoozed", alert.id),
    }
}
