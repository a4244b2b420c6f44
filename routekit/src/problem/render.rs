//! The last details of a problem, known only to what stands outside everything else.

use axum::{body::Body, response::Response};
use http::{HeaderValue, header};
use http_body::Body as _;

use super::Problem;

/// What a problem is told of the request it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    /// The path.
    pub(crate) path: &'a str,
    /// Whether only the head is sent.
    pub(crate) head: bool,
    /// The correlation id.
    pub(crate) correlation_id: &'a str,
}

/// Renders the problem that travels with an error response, or makes one of a bare error status; anything else passes.
pub(crate) fn render(response: &mut Response, occasion: Occasion<'_>) {
    let travelling = response.extensions_mut().remove::<Problem>();
    let problem = match travelling {
        // Somebody further out has replaced the document: theirs stands.
        Some(_) if !Problem::is_content_of(response.headers()) => return,
        // Or has another status: `(StatusCode::GONE, problem)`.
        Some(problem) => problem.sent_as(response.status()),
        None if is_bare(response) => bare(response),
        None => return,
    };
    let problem = problem.answers(occasion.path, occasion.correlation_id);
    problem.write_into(response);
    if occasion.head {
        // The length of what a GET would have brought, without it (RFC 9110 §9.3.2).
        if let Some(length) = response.body().size_hint().exact() {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
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
        Some(allow) => problem.detail(format!("the methods here are {}", allow.replace(',', ", "))),
        None => problem,
    }
}
