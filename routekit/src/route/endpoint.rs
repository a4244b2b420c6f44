//! A handler as a function from request to response.

use std::{
    any::type_name,
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{self, Poll, ready},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use tower_service::Service;

use crate::{
    deps::{Deps, MissingDependency},
    problem::from_rejection,
};

/// A handler with its extractors: from request to response, whatever their types were.
///
/// Every route has this one type, so that what stands around it is compiled once and not once a route. A clone is one
/// reference count.
#[derive(Clone)]
pub struct Endpoint(Arc<dyn Fn(Request) -> EndpointFuture + Send + Sync>);

impl Endpoint {
    pub(crate) fn new(call: impl Fn(Request) -> EndpointFuture + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint")
    }
}

impl Service<Request> for Endpoint {
    type Response = Response;
    type Error = Infallible;
    type Future = EndpointFuture;

    fn poll_ready(&mut self, _cx: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        (self.0)(request)
    }
}

/// The future of an [`Endpoint`].
pub struct EndpointFuture(Pin<Box<dyn Future<Output = Result<Response, Response>> + Send>>);

impl EndpointFuture {
    /// Of a handler and its extractors, which refuse with `Err`; a refusal becomes a problem. Generated code calls this once a request.
    pub(crate) fn new(future: impl Future<Output = Result<Response, Response>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl Future for EndpointFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        loop {
            match ready!(self.0.as_mut().poll(cx)) {
                Ok(response) => return Poll::Ready(Ok(response)),
                // A future of its own, so that requests that are not refused have no room for it.
                Err(refusal) => self.0 = Box::pin(async { Ok(from_rejection(refusal).await) }),
            }
        }
    }
}

impl fmt::Debug for EndpointFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointFuture")
    }
}

/// What endpoints are made from.
#[derive(Debug)]
pub struct Wiring {
    deps: Deps,
}

impl Wiring {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The state to extract against: the dependencies themselves, or a type that was provided.
    pub(super) fn state<S: Clone + Send + Sync + 'static>(&self) -> Result<S, MissingDependency> {
        if let Some(deps) = (&self.deps as &dyn std::any::Any).downcast_ref::<S>() {
            return Ok(deps.clone());
        }
        let state = self.deps.get::<S>().ok_or(MissingDependency::new(type_name::<S>()))?;
        Ok((*state).clone())
    }
}

/// What a request is extracted against.
#[derive(Debug)]
pub struct Context<S> {
    pub(crate) deps: Deps,
    pub(crate) state: S,
}

/// Makes the endpoint of a handler. `call` extracts, calls it and converts what it returns.
///
/// Generated code calls this once a route, at start-up. `call` is a function pointer, so that this is compiled once a
/// state and not once a route.
pub fn endpoint<S>(wiring: &Wiring, call: fn(Request, Arc<Context<S>>) -> EndpointFuture) -> Endpoint
where
    S: Clone + Send + Sync + 'static,
{
    match wiring.state::<S>() {
        Ok(state) => {
            let context = Arc::new(Context { deps: wiring.deps.clone(), state });
            Endpoint::new(move |request| call(request, Arc::clone(&context)))
        }
        // Unreachable past the start-up check, and an answer all the same.
        Err(missing) => Endpoint::new(move |_| EndpointFuture::new(std::future::ready(Err(missing.into_response())))),
    }
}
