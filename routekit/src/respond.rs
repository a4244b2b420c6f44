//! Return types with a constant status, which the [OpenAPI document](crate::openapi) therefore shows.
//!
//! ```
//! use routekit::{prelude::*, respond::Created};
//!
//! #[post("/carts")]
//! async fn open_cart() -> Created<Json<u64>> {
//!     Created(Json(7))
//! }
//! # let _ = routes![open_cart];
//! ```
//!
//! A tuple with a `StatusCode`, such as `(StatusCode::CREATED, Json(7))`, sends the same response, and is documented as
//! "any success": the status is only known when the handler has run.

pub use axum::response::NoContent;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::route::{DescribeResponse, NoPayload, Output};

/// 201: the request has created something. Add `Location` with a tuple: `([(LOCATION, url)], Created(…))`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Created<T>(pub T);

/// 202: the request will be processed later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted<T>(pub T);

impl<T: IntoResponse> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, self.0).into_response()
    }
}

impl<T: IntoResponse> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, self.0).into_response()
    }
}

impl<T: DescribeResponse> DescribeResponse for Created<T> {
    type Payload = T::Payload;
    type Error = NoPayload;

    fn describe(output: &mut Output) {
        T::describe(output);
        output.status(201);
    }
}

impl<T: DescribeResponse> DescribeResponse for Accepted<T> {
    type Payload = T::Payload;
    type Error = NoPayload;

    fn describe(output: &mut Output) {
        T::describe(output);
        output.status(202);
    }
}
