//! Problem details: errors as `application/problem+json` documents (RFC 9457).
//!
//! ```
//! use routekit::prelude::*;
//!
//! #[get("/users/{id}")]
//! async fn user(id: u64) -> Result<String> {
//!     if id == 0 {
//!         return Err(Problem::not_found("no user has this id"));
//!     }
//!     Ok(format!("user {id}"))
//! }
//! # let _ = routes![user];
//! ```
//!
//! 1. A [`Problem`] is an error type: handlers return it, `?` propagates it, and as a response it is a problem
//!    document.
//! 2. The text for the client (`title`, `detail`, `errors`) and the text for the log ([`Problem::with_source`]) are
//!    separate fields, so internal text is never sent.
//! 3. The document is rendered immediately, so problems work on any axum router. The problem is also kept in the
//!    response's extensions. [`CorrelationLayer`], the outermost layer of an app, renders it again with `instance` and
//!    `correlationId`. So a shared or stored response never contains the details of another request.
//! 4. [`CorrelationLayer`] also turns bare error responses into problems: those with a status of 400 or above and
//!    neither `Content-Type` nor content, such as axum's own 404 and 405.
//!
//! 5. [`App::problems`](crate::App::problems) replaces the format of the whole app. See the
//!    [guide](crate::guide::errors).
//!
//! [`CorrelationLayer`]: crate::correlation::CorrelationLayer
//!
//! On any axum router:
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
mod format;
mod render;

pub use self::{document::Problem, field::FieldError};
pub(crate) use self::{
    foreign::from_rejection,
    format::ProblemFormat,
    render::{Occasion, render},
};

/// The result of a handler that fails with a [`Problem`].
pub type Result<T, E = Problem> = std::result::Result<T, E>;
