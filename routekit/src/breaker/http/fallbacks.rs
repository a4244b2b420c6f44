//! The handlers that answer in place of a route's handler.

use axum::{body::Body, extract::Request, response::Response};

use crate::{
    base::message::copy_head::copy_head,
    observe::{FallbackResponse, ReplacesFailure, RunningPermit},
    route::{BreakerPolicy, Endpoint, EndpointFuture, Wiring},
};

/// The fallbacks of a breaker.
#[derive(Clone, Default)]
pub(crate) struct Fallbacks {
    pub(super) when_open: Option<Endpoint>,
    pub(super) on_error: Option<Endpoint>,
}

impl Fallbacks {
    /// The fallbacks that a route declares. `fallback_on_error` also answers while the breaker is open, unless there is
    /// a `fallback`.
    pub(crate) fn of(policy: &BreakerPolicy, wiring: &Wiring) -> Self {
        let on_error = policy.fallback_on_error.map(|fallback| fallback.endpoint(wiring));
        let when_open = policy.fallback.map(|fallback| fallback.endpoint(wiring)).or_else(|| on_error.clone());
        Self { when_open, on_error }
    }

    /// Changes each fallback.
    pub(crate) fn map(self, change: impl Fn(Endpoint) -> Endpoint) -> Self {
        Self { when_open: self.when_open.map(&change), on_error: self.on_error.map(&change) }
    }
}

/// A fallback for one call, with the request that it answers if the call fails.
pub(super) struct ErrorFallback {
    endpoint: Endpoint,
    request: Request,
}

impl ErrorFallback {
    /// Copies the head of the request, whose body the handler reads.
    pub(super) fn new(endpoint: &Endpoint, request: &Request) -> Box<Self> {
        let request = copy_head(request).map(|()| Body::empty());
        Box::new(Self { endpoint: endpoint.clone(), request })
    }

    pub(super) fn answer(self) -> EndpointFuture {
        let answer = marked(&self.endpoint, self.request);
        EndpointFuture::new(async move {
            let Ok(mut response): Result<Response, _> = answer.await;
            response.extensions_mut().insert(ReplacesFailure);
            Ok(response)
        })
    }
}

/// The response of a fallback, which is never stored.
pub(super) fn marked(fallback: &Endpoint, mut request: Request) -> EndpointFuture {
    // The permit counts the handler, which does not run.
    request.extensions_mut().remove::<RunningPermit>();
    let answer = fallback.respond(request);
    EndpointFuture::new(async move {
        let Ok(mut response): Result<Response, _> = answer.await;
        response.extensions_mut().insert(FallbackResponse);
        Ok(response)
    })
}
