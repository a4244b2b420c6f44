//! The permit of a running handler.

use std::{any::Any, convert::Infallible, fmt, sync::Arc};

use axum::extract::FromRequestParts;
use http::{Extensions, request::Parts};

/// The permit of a request under a concurrency limit, as an extractor. The limit counts the request until every clone
/// is dropped.
///
/// Move it into work that continues without the handler, such as a task or `spawn_blocking`: if the client leaves or
/// the `timeout` expires, the handler is dropped, but the work is not. On a route without a limit the permit has no
/// effect.
///
/// See the [module docs](crate::concurrency) for an example.
#[derive(Clone, Default)]
pub struct RunningPermit(#[expect(dead_code, reason = "held until it is dropped")] Option<Arc<dyn Any + Send + Sync>>);

impl RunningPermit {
    pub(crate) fn new(permit: impl Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(permit)))
    }

    /// Returns a clone of the permit of a request, for a policy that lets the handler outlive the request.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }
}

impl<S: Sync> FromRequestParts<S> for RunningPermit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions).unwrap_or_default())
    }
}

impl fmt::Debug for RunningPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunningPermit")
    }
}
