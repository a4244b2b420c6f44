//! The function that answers while the breaker of a route is open.

use std::{any::type_name, fmt};

use axum::{
    extract::Request,
    handler::Handler,
    response::{IntoResponse, Response},
};

use crate::{
    deps::{Deps, taken_dependencies},
    route::endpoint::{Endpoint, EndpointFuture, Wiring},
};

/// A function that answers in place of the handler.
#[derive(Clone, Copy)]
pub struct Fallback(fn(&Wiring) -> Endpoint);

impl Fallback {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(endpoint: fn(&Wiring) -> Endpoint) -> Self {
        Self(endpoint)
    }

    pub(crate) fn endpoint(self, wiring: &Wiring) -> Endpoint {
        (self.0)(wiring)
    }

    /// The names of the dependencies that the function takes.
    pub(in crate::route) fn dependencies(self, deps: &Deps) -> Vec<&'static str> {
        let wiring = Wiring::new(deps.clone(), false);
        self.endpoint(&wiring);
        wiring.fallback_arguments().map_or_else(Vec::new, taken_dependencies)
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fallback")
    }
}

/// Creates an endpoint from any axum handler. Generated code calls this once for each route, at start-up.
pub fn fallback<S, H, T>(wiring: &Wiring, handler: H) -> Endpoint
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S> + Sync,
    T: 'static,
{
    wiring.note_fallback(type_name::<T>());
    match wiring.state::<S>() {
        Ok(state) => Endpoint::new(move |request: Request| {
            let response = handler.clone().call(request, state.clone());
            EndpointFuture::new(async move { Ok::<Response, Response>(response.await) })
        }),
        // The start-up check reports a missing state, so no request reaches this endpoint.
        Err(missing) => Endpoint::new(move |_| EndpointFuture::new(std::future::ready(Err(missing.into_response())))),
    }
}
