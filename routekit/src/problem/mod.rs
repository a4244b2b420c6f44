//! Failures as `application/problem+json` documents (RFC 9457).
//!
//! 1. A [`Problem`] is an error type: a handler returns it, `?` passes it on, and as a response it is a problem document.
//! 2. What the client reads (`title`, `detail`, `errors`) and what the log reads ([`Problem::caused_by`]) are different
//!    fields. Internal text never travels.
//! 3. The document's bytes are rendered at once, so that a problem works on any axum router. The problem also travels
//!    with the response as an extension: [`CorrelationLayer`], outermost around an app, renders it again with what is only
//!    known there (`instance` and `correlationId`), so that no shared or stored answer carries another request's details.
//! 4. [`CorrelationLayer`] also turns bare error statuses into problems: an answer of status 400 or above that has neither a
//!    `Content-Type` nor content, such as axum's own 404 and 405.
//!
//! [`CorrelationLayer`]: crate::correlation::CorrelationLayer
//!
//! ```
//! use axum::response::IntoResponse;
//! use routekit::Problem;
//!
//! let response = Problem::not_found("no user has this id").into_response();
//! assert_eq!(response.status(), 404);
//! assert_eq!(response.headers()["content-type"], "application/problem+json");
//! ```

mod document;
mod field;
mod foreign;
mod render;

pub use self::{document::Problem, field::FieldError};
pub(crate) use self::{
    foreign::from_rejection,
    render::{Occasion, render},
};

/// The result of a handler whose failures are [`Problem`]s.
pub type Result<T, E = Problem> = std::result::Result<T, E>;
