//! The app's own format of problems.

use std::{fmt, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, header, request::Parts};

use super::document::{Problem, of_content};

/// Builds the response of a problem. See [`App::problems`](crate::App::problems).
#[derive(Clone)]
pub(crate) struct ProblemFormat(Arc<FormatFn>);

type FormatFn = dyn Fn(Problem, &Parts) -> Response + Send + Sync;

impl ProblemFormat {
    pub(crate) fn new<R: IntoResponse>(format: impl Fn(Problem, &Parts) -> R + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |problem, request| format(problem, request).into_response()))
    }

    /// Builds the response of a problem that answers `request`.
    pub(crate) fn respond(&self, problem: Problem, request: &Parts) -> Response {
        (self.0)(problem, request)
    }
}

impl fmt::Debug for ProblemFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProblemFormat")
    }
}

/// Replaces status and content of `response`. The headers of `formatted` are added, and replace those of the same name;
/// all others stay, such as `Allow`, `Retry-After` and `WWW-Authenticate`.
pub(super) fn replace(response: &mut Response, formatted: Response) {
    let (mut parts, body) = formatted.into_parts();
    *response.status_mut() = parts.status;
    let headers = response.headers_mut();
    for name in of_content(parts.status).chain([&header::CONTENT_TYPE]) {
        headers.remove(name);
    }
    let names: Vec<HeaderName> = parts.headers.keys().cloned().collect();
    names.iter().for_each(|name| drop(headers.remove(name)));
    for name in &names {
        for value in parts.headers.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    // A problem that the format returns as it is stays one for an app further out.
    response.extensions_mut().extend(std::mem::take(&mut parts.extensions));
    *response.body_mut() = Body::new(body);
}
