//! Adds the members of a problem that only the outermost layer can set.

use axum::{body::Body, response::Response};
use http::{HeaderValue, header};
use http_body::Body as _;

use super::{document::Problem, format::replace};

/// The request that is answered with a problem.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    /// The path of the request.
    pub(crate) path: &'a str,
    /// Whether the request is a HEAD request.
    pub(crate) head: bool,
    /// The correlation id of the request.
    pub(crate) correlation_id: &'a str,
}

/// Renders the problem in the extensions of an error response, or creates one for a bare error response. Other
/// responses pass unchanged.
///
/// `format` builds the response of the problem. It returns `None` for the standard document.
pub(crate) fn render(
    response: &mut Response,
    occasion: Occasion<'_>,
    format: impl FnOnce(&Problem) -> Option<Response>,
) {
    let travelling = response.extensions_mut().remove::<Problem>();
    // The watch further out has it logged. A layer in between, or the app's own format, may drop the problem.
    if let Some(cause) = travelling.as_ref().and_then(Problem::cause).cloned() {
        response.extensions_mut().insert(cause);
    }
    let problem = match travelling {
        // A layer in between has replaced the document.
        Some(_) if !Problem::is_content_of(response.headers()) => return,
        // A layer in between may have replaced the status: `(StatusCode::GONE, problem)`.
        Some(problem) => problem.sent_as(response.status()),
        None if is_bare(response) => bare(response),
        None => return,
    };
    let problem = problem.answers(occasion.path, occasion.correlation_id);
    match format(&problem) {
        Some(formatted) => replace(response, formatted),
        None => problem.write_into(response),
    }
    if occasion.head {
        // The length that the response to a GET would have, without the content (RFC 9110 §9.3.2).
        if let Some(length) = response.body().size_hint().exact() {
            let _ = response.headers_mut().try_insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        *response.body_mut() = Body::empty();
    }
}

fn is_bare(response: &Response) -> bool {
    !response.headers().contains_key(header::CONTENT_TYPE) && response.body().size_hint().exact() == Some(0)
}

fn bare(response: &Response) -> Problem {
    let problem = Problem::new(response.status());
    match response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()) {
        Some(allow) => problem.with_detail(format!("allowed methods: {}", allow.replace(',', ", "))),
        None => problem,
    }
}
