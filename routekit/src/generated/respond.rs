//! What a handler returns, as a response.

use std::{convert::Infallible, marker::PhantomData};

use axum::response::{ErrorResponse, IntoResponse, Response};

/// A return type of a handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a handler: it does not implement `IntoResponse`",
    label = "not a response",
    note = "handlers return `Json<T>` if `T` derives `Serialize`, text, `StatusCode`, `Problem`, a pair of a status \
            and a response, or a `Result` of two of these",
    note = "for a type of your own, implement axum's `IntoResponse`"
)]
pub trait Respond: IntoResponse {}

impl<T: IntoResponse> Respond for T {}

/// Converts what the handler returned into a response.
pub fn respond(output: impl Respond) -> Response {
    output.into_response()
}

/// The error of a `Result` that a handler returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler: it does not implement `IntoResponse`",
    label = "not a response",
    note = "return `routekit::Result<T>`, and implement `From<{Self}> for Problem`, so that `?` converts the error",
    note = "or implement axum's `IntoResponse` for `{Self}`"
)]
pub trait RespondError: IntoResponse {}

impl<E: IntoResponse> RespondError for E {}

/// Converts the error of a `Result` into a response.
pub fn respond_error(error: impl RespondError) -> Response {
    error.into_response()
}

/// A return type that is called `Result`. Method lookup selects [`SplitResult`] for that of the standard library, and
/// [`SplitNothing`] for any other type, and for axum's, whose error is no response by itself.
#[derive(Debug)]
pub struct Returned<T>(PhantomData<fn() -> T>);

impl<T> Returned<T> {
    /// Names the type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Splits a `Result`, so that a mistake is reported for the value or for the error.
pub trait SplitResult<T, E> {
    /// Returns the value or the error.
    fn split(&self, output: Result<T, E>) -> Result<T, E>;
}

impl<T, E> SplitResult<T, E> for &Returned<Result<T, E>> {
    fn split(&self, output: Result<T, E>) -> Result<T, E> {
        output
    }
}

/// Passes on what is a response as a whole.
pub trait SplitNothing<T> {
    /// Returns the whole as a value.
    fn split(&self, output: T) -> Result<T, Infallible>;
}

impl<T> SplitNothing<Result<T, ErrorResponse>> for &&Returned<Result<T, ErrorResponse>> {
    fn split(&self, output: Result<T, ErrorResponse>) -> Result<Result<T, ErrorResponse>, Infallible> {
        Ok(output)
    }
}

impl<T> SplitNothing<T> for Returned<T> {
    fn split(&self, output: T) -> Result<T, Infallible> {
        Ok(output)
    }
}
