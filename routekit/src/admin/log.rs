//! `/log`

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::authorize::AdminChange;
use crate::{
    base::{clock::Clock, spawner::Spawner, units},
    problem::{Problem, Result},
    telemetry::{ChangeEnd, FilterTransition, LogDirective, LogFilter, LogFilterReport},
};

/// The means of ending a change of the filter.
#[derive(Debug, Clone)]
pub(crate) struct LogAdmin {
    clock: Clock,
    spawner: Spawner,
}

impl LogAdmin {
    /// Creates the means for an app with this clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, spawner: Spawner::tokio() }
    }
}

/// How long a change is in force. Unknown parameters are rejected, so that a misspelt one does not make it last.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeQuery {
    #[serde(rename = "for")]
    lasts: Option<String>,
}

pub(super) async fn show() -> Result<Json<LogFilterReport>> {
    Ok(Json(installed()?.report()))
}

/// Adds the directives of the body, such as `shop=debug`.
pub(super) async fn change(
    State(log): State<LogAdmin>,
    query: std::result::Result<Query<ChangeQuery>, QueryRejection>,
    body: String,
) -> Result<Response> {
    let filter = installed()?;
    let Query(query) = query.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let end = query.lasts.map(|lasts| end(&log.clock, &lasts)).transpose()?;
    let directives = LogDirective::strict_list(&body).map_err(|invalid| Problem::unprocessable(invalid.to_string()))?;
    if directives.is_empty() {
        return Err(Problem::unprocessable("the body must be a list of directives, such as `info,shop=debug`"));
    }
    let transition =
        filter.change(directives, end.as_ref()).map_err(|error| Problem::unprocessable(error.to_string()))?;
    if let Some(end) = end {
        log.spawner.spawn_repeatable(filter.end_at(end));
    }
    Ok((Extension(audited(transition)), Json(filter.report())).into_response())
}

/// Removes all changes.
pub(super) async fn reset() -> Result<Response> {
    let filter = installed()?;
    Ok((Extension(audited(filter.reset())), Json(filter.report())).into_response())
}

fn installed() -> Result<&'static LogFilter> {
    let detail = "the log of this program was not set up by `telemetry::init`, so its filter cannot be changed here";
    LogFilter::installed().ok_or_else(|| Problem::not_found(detail))
}

fn audited(FilterTransition { before, after }: FilterTransition) -> AdminChange {
    AdminChange { before: Some(before), after }
}

fn end(clock: &Clock, lasts: &str) -> Result<ChangeEnd> {
    let invalid = || Problem::bad_request(format!("`for` is `{lasts}`: not a duration such as `90` (seconds), `10m`"));
    let duration = units::duration(lasts).filter(|duration| *duration > Duration::ZERO).ok_or_else(invalid)?;
    ChangeEnd::new(clock, duration).ok_or_else(invalid)
}
