//! Middleware of tower-http as plain functions.
//!
//! Its layers wrap a service and decide where in the pipeline they act. Here the pipeline decides, and uses a layer
//! only for what it computes from the head of a request.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{Request, Response};
use tower_service::Service;

/// Answers every request at once, with an empty response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Immediate;

impl Service<Request<()>> for Immediate {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

/// The response of a middleware around [`Immediate`], or another service that does not wait.
pub(super) fn answer<S>(mut service: S, request: Request<()>) -> S::Response
where
    S: Service<Request<()>, Error = Infallible>,
{
    let future = pin!(service.call(request));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => unreachable!("neither the middleware nor the service in it waits"),
    }
}
