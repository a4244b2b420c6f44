//! `/requests`

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use crate::{explained::ExplainedRequests, problem::Problem};

/// The list, newest first.
pub(super) async fn list(State(explained): State<Option<ExplainedRequests>>) -> Result<Response, Problem> {
    Ok(json(explained.ok_or_else(off)?.list()))
}

/// The requests with a correlation id, which clients may use for several.
pub(super) async fn show(
    State(explained): State<Option<ExplainedRequests>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = explained.ok_or_else(off)?.find(&id);
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
