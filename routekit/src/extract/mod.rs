//! Extractors that validate, and how every extractor's refusal becomes a problem.
//!
//! 1. [`Json`], [`Form`], [`Query`] and [`Path`] parse into a `T` that derives serde's `Deserialize` and our
//!    [`Validate`](crate::Validate), and check its rules.
//! 2. What cannot be parsed is 400 (malformed), 413 (too large), 415 (another media type) or, for a body that is well
//!    formed but of another shape, 422; it names the *first* place. What breaks rules is 422 and names *every* place.
//! 3. Places are named as the client wrote them: JSON pointers (RFC 6901) into JSON, field names elsewhere, always
//!    the names that serde uses. The rejected value is never repeated, so no password ends up in a log.
//! 4. Any axum extractor works beside them. Its plain-text refusals become problems with status and headers kept.
//! 5. Where nothing is to be validated (`HashMap`, `serde_json::Value`), take axum's own `Query` or `Json`. They validate
//!    *nothing*, whatever their type derives: in code that moves in from axum, mind a leftover `use axum::Json`.
//! 6. In [`Query`] and [`Form`] everything is text, and serde hands a `#[serde(flatten)]` struct text too, which is then no
//!    number. Take two arguments instead: `Query<Paging>` and `Query<Filter>`.
//!
//! ```
//! use routekit::{prelude::*, test::TestApp};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize, Validate)]
//! #[serde(rename_all = "camelCase")]
//! struct NewUser {
//!     #[validate(length(min = 1, max = 64))]
//!     display_name: String,
//! }
//!
//! #[post("/users")]
//! async fn create(user: Json<NewUser>) -> String {
//!     format!("hello {}", user.display_name)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = TestApp::new(App::with_routes(routes![create]));
//! let refused = app.post("/users").json(&serde_json::json!({ "displayName": "" })).send().await;
//! assert_eq!(refused.status(), 422);
//! assert_eq!(refused.json::<serde_json::Value>()["errors"][0]["pointer"], "/displayName");
//! # }
//! ```

/// What every extractor that wraps a `T` offers.
macro_rules! wrapper {
    ($name:ident) => {
        impl<T> std::ops::Deref for $name<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }

        impl<T> std::ops::DerefMut for $name<T> {
            fn deref_mut(&mut self) -> &mut T {
                &mut self.0
            }
        }

        impl<T> From<T> for $name<T> {
            fn from(content: T) -> Self {
                Self(content)
            }
        }

        impl<T> $name<T> {
            /// The content.
            pub fn into_inner(self) -> T {
                self.0
            }
        }
    };
}

/// An extractor that takes the body, and is none where a request has no `Content-Type`.
macro_rules! body_extractor {
    ($name:ident) => {
        impl<T, S> axum::extract::FromRequest<S> for $name<T>
        where
            T: Validated,
            S: Send + Sync,
        {
            type Rejection = Rejection;

            async fn from_request(request: Request, _state: &S) -> Result<Self, Rejection> {
                Self::extract(request).await
            }
        }

        impl<T, S> axum::extract::OptionalFromRequest<S> for $name<T>
        where
            T: Validated,
            S: Send + Sync,
        {
            type Rejection = Rejection;

            async fn from_request(request: Request, _state: &S) -> Result<Option<Self>, Rejection> {
                if !request.headers().contains_key(http::header::CONTENT_TYPE) {
                    return Ok(None);
                }
                Self::extract(request).await.map(Some)
            }
        }
    };
}

mod explain;
mod fault;
mod foreign;
mod form;
mod json;
mod messages;
mod path;
pub(crate) mod placeholder;
mod query;
mod rejection;
pub(crate) mod specialise;
mod text;
pub(crate) mod validation;

pub use self::{form::Form, json::Json, path::Path, query::Query, rejection::Rejection, validation::Validated};
