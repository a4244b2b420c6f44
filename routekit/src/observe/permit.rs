//! The permit of a running handler, and the receiver of its response if it outlives its request.

use std::{any::Any, convert::Infallible, fmt, future::Future, pin::Pin, sync::Arc};

use axum::{extract::FromRequestParts, response::Response};
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

/// Receives the response of a handler that continues after its request was answered. An extension of the request, for a
/// policy that lets the handler continue.
#[derive(Clone)]
pub(crate) struct LateResponse(Arc<ReceiveLate>);

type ReceiveLate = dyn Fn(Response) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

impl LateResponse {
    pub(crate) fn new<F>(receive: impl Fn(Response) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |response| Box::pin(receive(response))))
    }

    /// The receiver of a request; `None` if its response is of no use once the request was answered.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    pub(crate) async fn receive(&self, response: Response) {
        (self.0)(response).await;
    }
}

impl fmt::Debug for LateResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LateResponse")
    }
}
