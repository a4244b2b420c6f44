//! `/metrics/performance`

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::Deserialize;

use crate::{
    performance::{Metrics, PerformanceReport, TimeRangeError},
    problem::{Problem, Result},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct RangeQuery {
    from: Option<String>,
    to: Option<String>,
}

/// The report about a window, by default about the last 24 hours.
pub(in crate::admin) async fn report(
    State(metrics): State<Metrics>,
    query: std::result::Result<Query<RangeQuery>, QueryRejection>,
) -> Result<Json<PerformanceReport>> {
    let Query(RangeQuery { from, to }) = query.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let report = match (from.as_deref(), to.as_deref()) {
        (None, None) => metrics.report(None).await,
        (from, to) => match metrics.range(from, to) {
            Ok(range) => metrics.report(range).await,
            Err(invalid) => Err(invalid),
        },
    };
    report
        .map(|report| Json(report.as_ref().clone()))
        .map_err(|invalid: TimeRangeError| Problem::bad_request(invalid.to_string()))
}
