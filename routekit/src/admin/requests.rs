//! `/requests`

use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::{
    explained::ExplainedRequests,
    problem::{Problem, Result},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestsQuery {
    limit: Option<usize>,
}

/// The list, newest first, or only its beginning.
pub(super) async fn list(
    State(explained): State<Option<ExplainedRequests>>,
    query: std::result::Result<Query<RequestsQuery>, QueryRejection>,
) -> Result<Response> {
    let Query(RequestsQuery { limit }) = query.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(json(explained.ok_or_else(off)?.list(limit.unwrap_or(usize::MAX))))
}

/// The requests with a correlation id, which clients may use for several.
pub(super) async fn show(
    State(explained): State<Option<ExplainedRequests>>,
    id: std::result::Result<Path<String>, PathRejection>,
) -> Result<Response> {
    let explained = explained.ok_or_else(off)?;
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let found = explained.find(&id);
    found.map(json).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND)
            .with_detail("no request with this correlation id is kept: it was neither slow nor failed, or is too old")
    })
}

fn off() -> Problem {
    let detail = "requests are not kept: set `explain_requests = 200` (or `ROUTEKIT_EXPLAIN_REQUESTS`)";
    Problem::new(StatusCode::NOT_FOUND).with_detail(detail)
}

fn json(document: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document).into_response()
}
