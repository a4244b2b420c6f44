//! Extractors that validate their input, with rejections as problem documents.
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
//!
//! 1. [`Json`], [`Form`], [`Query`] and [`Path`] parse a `T` that derives serde's `Deserialize` and
//!    [`Validate`](crate::Validate), and check its rules. As an argument of a handler, `Path<T>` also takes a `T`
//!    without rules that implements `FromStr`, such as `Path<u64>`: the only placeholder of the path.
//!    `Path<(u64, u64)>` takes two.
//! 2. Input that cannot be parsed is rejected with 400 (malformed), 413 (too large), 415 (wrong media type) or, for a
//!    well-formed body that does not match the type, 422. The problem names the *first* error: serde stops there. Input
//!    that breaks rules is rejected with 422; the problem names *all* errors, up to a thousand.
//! 3. Errors are located in the client's terms: by JSON pointers (RFC 6901) into JSON, otherwise by field names, always
//!    with serde's names. The place comes from the deserialiser that failed. serde buffers internally tagged and
//!    untagged enums and structs with flattened fields; an error inside these is located at the deepest value around it
//!    that is certain, and the message says so: "has a value that must be …". Rejected values are never repeated, so no
//!    password ends up in a log.
//! 4. Any axum extractor can be used beside these. Its plain-text rejections become problems with the same status and
//!    headers. Those of axum's own `Json`, `Form`, `Query` and `Path` name the field, and do not repeat the value.
//! 5. For types without rules (`HashMap`, `serde_json::Value`) use axum's own `Query` or `Json`. They check *no rules*,
//!    whatever the type derives. A route that takes a type with rules by one of axum's extractors causes a warning at
//!    start-up, which names the route and the argument: look for a leftover `use axum::Json`.
//! 6. In [`Query`] and [`Form`] every value is text, and serde does not convert text for fields of a
//!    `#[serde(flatten)]` struct. Use two arguments instead: `Query<Paging>` and `Query<Filter>`.
//! 7. An empty value of a query or a form (`?page=&sort=`) is `None` for an `Option<T>` whose `T` rejects empty text,
//!    such as a number, an enum or a UUID. `Option<String>` is `Some("")`.

/// Implements the conversions of an extractor that wraps a `T`.
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
            /// Returns the wrapped value.
            pub fn into_inner(self) -> T {
                self.0
            }
        }
    };
}

/// Implements an extractor that consumes the body. Its `Option` is `None` if the request has no `Content-Type`.
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

pub(crate) mod argument;
mod axum_rejection;
mod fault;
mod fields;
mod foreign;
mod form;
mod json;
pub(crate) mod path;
mod place;
pub(crate) mod placeholder;
mod query;
mod read_body;
mod rejection;
mod text;
mod tracked;
pub(crate) mod validation;

pub use self::{form::Form, json::Json, path::Path, query::Query, rejection::Rejection, validation::Validated};
