//! Dependencies as extractors.

use std::{any::type_name, convert::Infallible, fmt};

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::request::Parts;

use super::{container::Deps, dep::Dep, missing::provide};
use crate::problem::Problem;

/// Lets your own extractors extract a `Dep<T>` on routes without `state`, whose state is [`Deps`].
///
/// Implement [`Describe`](crate::describe) for such an extractor and declare its dependencies. Otherwise a missing
/// dependency is found by the first request and not at start-up.
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

/// Rejection of [`Dep`]: the dependency was not provided. The response is a 500; the log names the type.
///
/// Declared routes are checked at start-up, so only extractors without a description can cause it.
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
        write!(f, "`{}` was not provided; {}", self.type_name, provide(self.type_name))
    }
}

impl std::error::Error for MissingDependency {}

impl IntoResponse for MissingDependency {
    fn into_response(self) -> Response {
        Problem::internal(self).into_response()
    }
}
