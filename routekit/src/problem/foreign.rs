//! Converts plain-text rejections of other extractors into problems.

use axum::{body::Body, response::Response};
use http::header;
use http_body_util::{BodyExt, Limited};

use super::document::Problem;
use crate::base::{failure_cause::CauseKind, printable::Printable};

/// The maximum size of a rejection's text.
const MAX_TEXT_BYTES: usize = 4096;

/// Converts the rejection of an extractor into a problem with the same status and headers.
///
/// Only plain text is replaced. Rejections in another format (JSON, HTML, a redirect) pass unchanged. The text of a 5xx
/// names internals, such as the type of a missing extension, and axum's "Failed to deserialize …: …" quotes the value
/// after its colon, so both are logged and not sent to the client.
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
        problem = problem.caused_by(CauseKind::Rejection(text));
    } else if let Some((message, quoted)) = text.split_once(": ").filter(|_| text.starts_with("Failed to deserialize"))
    {
        tracing::debug!(status = status.as_u16(), error = %Printable(&quoted), "extractor rejected the request");
        problem = problem.with_detail(message.to_owned());
    } else if !text.is_empty() {
        problem = problem.with_detail(text);
    }
    let mut response = Response::from_parts(parts, Body::empty());
    problem.write_into(&mut response);
    response
}
