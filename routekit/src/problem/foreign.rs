//! Plain-text refusals of foreign extractors as problems.

use axum::{body::Body, response::Response};
use http::header;
use http_body_util::{BodyExt, Limited};

use super::Problem;
use crate::printable::Printable;

/// More than any refusal has to say.
const MAX_TEXT_BYTES: usize = 4096;

/// The rejection of a foreign extractor as a problem with its status and headers.
///
/// Only plain text is replaced; a rejection that says it in its own format (JSON, HTML, a redirect) passes untouched. The
/// text of a 5xx names internals, such as a missing extension's type, and axum's own "Failed to deserialize …: …" repeats
/// the value behind its colon; both go to the log and not to the client.
pub(crate) async fn from_rejection(response: Response) -> Response {
    let status = response.status();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"text/plain"));
    if !plain || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = match Limited::new(body, MAX_TEXT_BYTES).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(_) => String::new(),
    };
    let mut problem = Problem::new(status);
    if status.is_server_error() {
        tracing::error!(status = status.as_u16(), error = %Printable(&text), "an extractor failed");
    } else if let Some((said, repeats)) = text.split_once(": ").filter(|_| text.starts_with("Failed to deserialize")) {
        tracing::debug!(status = status.as_u16(), error = %Printable(&repeats), "an extractor refused");
        problem = problem.detail(said.to_owned());
    } else if !text.is_empty() {
        problem = problem.detail(text);
    }
    let mut response = Response::from_parts(parts, Body::empty());
    problem.write_into(&mut response);
    response
}
