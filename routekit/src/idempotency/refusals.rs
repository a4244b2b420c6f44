//! The answers in place of the handler's (draft-ietf-httpapi-idempotency-key-header-07 §2.7).

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::{cache::BufferedResponse, problem::Problem};

/// The type of all problems with a key. Like the draft's, it leads to the rules; the status tells them apart.
pub(super) const KIND: &str = "https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07";

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

pub(super) fn missing() -> Response {
    response(
        Problem::new(StatusCode::BAD_REQUEST)
            .with_title("Idempotency-Key is missing")
            .with_detail("this operation requires an `Idempotency-Key` that is unique to the request"),
    )
}

pub(super) fn malformed() -> Response {
    response(
        Problem::new(StatusCode::BAD_REQUEST)
            .with_title("Idempotency-Key is malformed")
            .with_detail("`Idempotency-Key` must be one string of 1 to 255 ASCII characters in double quotes"),
    )
}

pub(super) fn in_progress() -> Response {
    response(
        Problem::new(StatusCode::CONFLICT)
            .with_title("A request is outstanding for this Idempotency-Key")
            .with_detail("a request with the same `Idempotency-Key` is being processed; try again in a moment")
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1")),
    )
}

pub(super) fn mismatch() -> Response {
    response(
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
            .with_title("Idempotency-Key is already used")
            .with_detail("this `Idempotency-Key` belongs to another request; a new request needs a new key"),
    )
}

pub(super) fn unavailable() -> Response {
    response(
        Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_title("Idempotency-Key cannot be recorded")
            .with_detail("the request was not processed; try again in a moment")
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("5")),
    )
}

fn response(problem: Problem) -> Response {
    let mut response = problem.with_kind(KIND).into_response();
    forbid_storing(&mut response);
    response
}

/// The stored response, marked as a repetition.
pub(super) fn replay(stored: &BufferedResponse) -> Response {
    let mut response = stored.respond(false);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    forbid_storing(&mut response);
    response
}

/// The response to a body that could not be read.
pub(super) fn unread_body(is_too_large: bool) -> Response {
    let problem = if is_too_large {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE).with_detail("the body is larger than this route allows")
    } else {
        Problem::bad_request("the body could not be read")
    };
    problem.into_response()
}

fn forbid_storing(response: &mut Response) {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
