//! The extractor of a dependency.

use std::{any::type_name, convert::Infallible, fmt, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::request::Parts;

use super::Deps;
use crate::problem::Problem;

/// Extracts a dependency that was added with [`App::provide`](crate::App::provide).
///
/// ```
/// use routekit::prelude::*;
///
/// struct Greeting(&'static str);
///
/// #[get("/hello")]
/// async fn hello(greeting: Dep<Greeting>) -> &'static str {
///     greeting.0
/// }
/// # let _app = App::with_routes(routes![hello]).provide(Greeting("hi"));
/// ```
///
/// Dependencies are found by type, so there is one of each type. Wrap two connection pools of the same type in
/// newtypes.
///
/// A route that takes a `Dep<T>` that was not provided fails the check at start-up. `Option<Dep<T>>` is `None` instead.
#[doc(alias = "dependency injection")]
pub struct Dep<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Dep<T> {
    /// Wraps a value, for calling a handler in a unit test.
    #[must_use]
    pub fn new(value: Arc<T>) -> Self {
        Self(value)
    }

    /// Returns the shared value.
    #[must_use]
    pub fn into_inner(self) -> Arc<T> {
        self.0
    }
}

impl<T> From<T> for Dep<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: ?Sized> Clone for Dep<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Dep<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> fmt::Debug for Dep<T> {
    /// Shows the type only, because dependencies may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dep<{}>", type_name::<T>())
    }
}

/// Lets extractors of your own extract a `Dep<T>` on routes without `state`, whose state is [`Deps`].
///
/// Declare what the extractor needs with [`Describe`](crate::describe). Otherwise a missing dependency is noticed by
/// the
/// first request and not at start-up.
impl<T, S> FromRequestParts<S> for Dep<T>
where
    T: ?Sized + Send + Sync + 'static,
    Deps: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = MissingDependency;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Deps::from_ref(state).get().ok_or(MissingDependency { type_name: type_name::<T>() })
    }
}

impl<T, S> OptionalFromRequestParts<S> for Dep<T>
where
    T: ?Sized + Send + Sync + 'static,
    Deps: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(Deps::from_ref(state).get())
    }
}

/// Rejection of [`Dep`]: the dependency was not provided. 500, with the type in the log.
///
/// Declared routes are checked at start-up, so this happens only with extractors that do not describe themselves.
#[derive(Debug, Clone, Copy)]
pub struct MissingDependency {
    type_name: &'static str,
}

impl MissingDependency {
    pub(crate) fn new(type_name: &'static str) -> Self {
        Self { type_name }
    }
}

impl fmt::Display for MissingDependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was not provided; add `.provide(…)` to the app", self.type_name)
    }
}

impl std::error::Error for MissingDependency {}

impl IntoResponse for MissingDependency {
    fn into_response(self) -> Response {
        Problem::internal(self).into_response()
    }
}
