//! One dependency, as a handler takes it.

use std::{any::type_name, convert::Infallible, fmt, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::request::Parts;

use super::Deps;
use crate::problem::Problem;

/// A dependency that was given with `App::provide`, shared.
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
/// A dependency is found by its type, so there is one of each: two pools of one type get a newtype each.
///
/// A route that takes a `Dep<T>` nobody provided does not start. `Option<Dep<T>>` is `None` instead.
pub struct Dep<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Dep<T> {
    /// Wraps a value, to call a handler in a unit test.
    #[must_use]
    pub fn new(value: Arc<T>) -> Self {
        Self(value)
    }

    /// The shared value itself.
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
    /// The type only: a dependency may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dep<{}>", type_name::<T>())
    }
}

/// For extractors of your own, of routes without a `state`: they are extracted against [`Deps`]. Say what yours needs with
/// [`Describe`](crate::describe), or its absence is found by the first request.
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

/// A dependency was asked for that nobody provided: 500, with the type in the log.
///
/// Routes say at start-up what they need; this is left for extractors that do not describe themselves.
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
        write!(f, "no `{}` was provided; add `.provide(…)` to the app", self.type_name)
    }
}

impl std::error::Error for MissingDependency {}

impl IntoResponse for MissingDependency {
    fn into_response(self) -> Response {
        Problem::internal(self).into_response()
    }
}
