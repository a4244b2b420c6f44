//! The rejection of our extractors.

use std::fmt;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::{
    base::message::late_body::LateBody,
    problem::{FieldError, Problem},
    route::Outcome,
};

/// The maximum number of reported errors, so that a list of a million invalid items does not cause a million errors.
pub(super) const MAX_ERRORS: usize = 1000;

/// The reason why an input was rejected. Converts into a [`Problem`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// 400: the input is malformed, with the parser's message.
    Malformed(String),
    /// 400: a query or path parameter cannot be parsed.
    Parameter(FieldError),
    /// 413: the body exceeds the route's `body_limit`.
    TooLarge,
    /// 413: the input has more list items and map entries than rules of `validator`'s own derive can be checked for.
    TooManyElements,
    /// 415: the media type is not this one.
    MediaType(&'static str),
    /// 415: the body has a `Content-Encoding`, and the app does not decompress it.
    ContentEncoding,
    /// 422: the input is well formed but does not match the type. Contains the first error.
    Shape(FieldError),
    /// 422: the input breaks rules. Contains all errors, up to a thousand.
    Invalid(Vec<FieldError>),
    /// 400: the body ended early.
    Interrupted,
    /// 408: the client sent the body too slowly (`server.body_timeout`).
    Late,
}

impl Rejection {
    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::Parameter(_) | Self::Interrupted => StatusCode::BAD_REQUEST,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge | Self::TooManyElements => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType(_) | Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Shape(_) | Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => f.write_str(reason),
            Self::Parameter(error) | Self::Shape(error) if error.pointer.is_empty() => {
                write!(f, "the input {}", error.message)
            }
            Self::Parameter(error) | Self::Shape(error) => write!(f, "`{}` {}", error.pointer, error.message),
            Self::TooLarge => f.write_str("the body is larger than this route accepts"),
            Self::TooManyElements => f.write_str("the input has too many list items or map entries"),
            Self::MediaType(expected) => write!(f, "the body must be of type {expected}"),
            Self::ContentEncoding => f.write_str("the body has a `Content-Encoding`, and the app takes none"),
            Self::Invalid(errors) if errors.len() == 1 => f.write_str("1 rule is broken"),
            Self::Invalid(errors) if errors.len() >= MAX_ERRORS => write!(f, "at least {MAX_ERRORS} rules are broken"),
            Self::Invalid(errors) => write!(f, "{} rules are broken", errors.len()),
            Self::Interrupted => f.write_str("the body could not be read to its end"),
            Self::Late => LateBody.fmt(f),
        }
    }
}

impl std::error::Error for Rejection {}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let problem = Self::new(rejection.status()).with_detail(rejection.to_string());
        match rejection {
            Rejection::Parameter(error) | Rejection::Shape(error) => problem.with_errors([error]),
            Rejection::Invalid(errors) => problem.with_errors(errors),
            Rejection::Malformed(_)
            | Rejection::TooLarge
            | Rejection::TooManyElements
            | Rejection::MediaType(_)
            | Rejection::ContentEncoding
            | Rejection::Interrupted
            | Rejection::Late => problem,
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        Outcome::of_refusal(Problem::from(self).into_response())
    }
}
