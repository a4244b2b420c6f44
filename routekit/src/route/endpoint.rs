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

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::deps::{Deps, MissingDependency};

/// The future of an [`Endpoint`].
pub type EndpointFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

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
    type Future = Infallibly<EndpointFuture>;

    fn poll_ready(&mut self, _cx: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Infallibly { future: (self.0)(request) }
    }
}

pin_project! {
    /// A future that cannot fail, as tower wants it.
    #[derive(Debug)]
    pub struct Infallibly<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Infallibly<F> {
    type Output = Result<F::Output, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(ready!(self.project().future.poll(cx))))
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
    fn state<S: Clone + Send + Sync + 'static>(&self) -> Result<S, MissingDependency> {
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

/// Makes the endpoint of a handler; `call` extracts, calls it and converts what it returns, and refuses with `Err`.
///
/// Generated code calls this once a route, at start-up.
pub fn endpoint<S, F, Fut>(wiring: &Wiring, call: F) -> Endpoint
where
    S: Clone + Send + Sync + 'static,
    F: Fn(Request, Arc<Context<S>>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Response>> + Send + 'static,
{
    match wiring.state::<S>() {
        Ok(state) => {
            let context = Arc::new(Context { deps: wiring.deps.clone(), state });
            Endpoint::new(move |request| Box::pin(Either { future: call(request, Arc::clone(&context)) }))
        }
        // Unreachable past the start-up check, and an answer all the same.
        Err(missing) => {
            Endpoint::new(move |_| Box::pin(std::future::ready(axum::response::IntoResponse::into_response(missing))))
        }
    }
}

pin_project! {
    /// A response, whether it is the handler's or an extractor's refusal.
    struct Either<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future<Output = Result<Response, Response>>> Future for Either<F> {
    type Output = Response;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Response> {
        match ready!(self.project().future.poll(cx)) {
            Ok(response) | Err(response) => Poll::Ready(response),
        }
    }
}
