//! A handler as a function from request to response.

use std::{
    any::type_name,
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{self, Poll, ready},
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use tower_service::Service;

use crate::{
    deps::{Deps, MissingDependency},
    observe::AllocationMeter,
    problem::from_rejection,
    route::outcome::Outcome,
};

/// A handler with its extractors, as a function from request to response.
///
/// Every route has this one type, so that the policies around it are compiled once and not once for each route. Cloning
/// it clones one `Arc`.
#[derive(Clone)]
pub struct Endpoint(Arc<dyn Fn(Request) -> EndpointFuture + Send + Sync>);

impl Endpoint {
    pub(crate) fn new(call: impl Fn(Request) -> EndpointFuture + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }

    /// Answers a request. An endpoint is always ready, so this needs no clone.
    pub(crate) fn respond(&self, request: Request) -> EndpointFuture {
        let meter = AllocationMeter::of(request.extensions());
        let mut answer = meter.measure(|| (self.0)(request));
        answer.meter = meter;
        answer
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint")
    }
}

/// A layer of the route may change the type of the request's body.
impl<B> Service<http::Request<B>> for Endpoint
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = EndpointFuture;

    fn poll_ready(&mut self, _cx: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        // A `Body` stays as it is.
        self.respond(request.map(Body::new))
    }
}

/// The future of an [`Endpoint`].
pub struct EndpointFuture {
    future: Pin<Box<dyn Future<Output = Result<Response, Response>> + Send>>,
    meter: AllocationMeter,
}

impl EndpointFuture {
    /// Wraps the future of a handler and its extractors. An extractor that rejects the request returns `Err`, which
    /// becomes a problem. Generated code calls this once for each request.
    pub(crate) fn new(future: impl Future<Output = Result<Response, Response>> + Send + 'static) -> Self {
        Self { future: Box::pin(future), meter: AllocationMeter::default() }
    }
}

impl Future for EndpointFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let Self { future, meter } = &mut *self;
        meter.measure(|| {
            loop {
                match ready!(future.as_mut().poll(cx)) {
                    Ok(response) => return Poll::Ready(Ok(response)),
                    // Boxed separately, so that it takes no space in requests that are not rejected.
                    Err(refusal) => *future = Box::pin(async { Ok(Outcome::of_refusal(rendered(refusal).await)) }),
                }
            }
        })
    }
}

impl fmt::Debug for EndpointFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointFuture")
    }
}

/// The response of an extractor that rejects the request.
async fn rendered(refusal: Response) -> Response {
    if refusal.extensions().get::<ForeignRejection>().is_some() { refusal } else { from_rejection(refusal).await }
}

/// An extension of the rejection of an extractor that belongs to the program. It is sent as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForeignRejection;

/// The parts of an app from which endpoints are created.
#[derive(Debug)]
pub struct Wiring {
    deps: Deps,
    problems_for_all: bool,
    /// The type of the arguments of the first fallback that was made of these parts.
    fallback: OnceLock<&'static str>,
}

impl Wiring {
    pub(crate) fn new(deps: Deps, problems_for_all: bool) -> Self {
        Self { deps, problems_for_all, fallback: OnceLock::new() }
    }

    /// Notes the name of the type of the arguments of a fallback, for the check at start-up.
    pub(super) fn note_fallback(&self, arguments: &'static str) {
        self.fallback.get_or_init(|| arguments);
    }

    /// The name that was noted.
    pub(super) fn fallback_arguments(&self) -> Option<&'static str> {
        self.fallback.get().copied()
    }

    /// Returns the state of extractors: the dependencies themselves, or a type that was provided.
    pub(super) fn state<S: Clone + Send + Sync + 'static>(&self) -> Result<S, MissingDependency> {
        if let Some(deps) = (&self.deps as &dyn std::any::Any).downcast_ref::<S>() {
            return Ok(deps.clone());
        }
        let state = self.deps.get::<S>().ok_or(MissingDependency::new(type_name::<S>()))?;
        Ok((*state).clone())
    }
}

/// The parts of the app that extractors read, in addition to the request.
#[derive(Debug)]
pub struct Context<S> {
    pub(crate) deps: Deps,
    pub(crate) state: S,
    /// Whether rejections of the program's own extractors become problems.
    pub(crate) problems_for_all: bool,
}

/// Creates the endpoint of a handler. `call` runs the extractors and the handler, and converts the result.
///
/// Generated code calls this once for each route, at start-up. `call` is a function pointer, so that this function is
/// compiled once for each state and not once for each route.
pub fn endpoint<S>(wiring: &Wiring, call: fn(Request, Arc<Context<S>>) -> EndpointFuture) -> Endpoint
where
    S: Clone + Send + Sync + 'static,
{
    match wiring.state::<S>() {
        Ok(state) => {
            let problems_for_all = wiring.problems_for_all;
            let context = Arc::new(Context { deps: wiring.deps.clone(), state, problems_for_all });
            Endpoint::new(move |request| call(request, Arc::clone(&context)))
        }
        // The start-up check reports a missing state, so no request reaches this endpoint.
        Err(missing) => Endpoint::new(move |_| EndpointFuture::new(std::future::ready(Err(missing.into_response())))),
    }
}
