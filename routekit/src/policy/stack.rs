//! The order of policies, decided here and nowhere else.
//!
//! Around the router, for every request, outermost first:
//! 1. correlation: an id and a span for the request, last details for its problems ([`CorrelationLayer`])
//! 2. a last catch for panics of our own layers and of hand-written routers
//!
//! Around each endpoint:
//! 3. metrics: one sample on the way out, whatever happens inside
//! 4. deprecation headers, on every answer of the route
//! 5. body limit
//! 6. timeout
//! 7. panic → 500, inside timeout, so that what counts failures sees one and not a cancellation
//! 8. the endpoint: `layer(…)`, extractors, handler

use std::sync::Arc;

use http::HeaderValue;
use tower_layer::Layer;

use crate::{
    body_limit::{self, BodyLimit, BodyLimitLayer},
    catch_panic::{CatchPanic, CatchPanicLayer},
    clock::Clock,
    correlation::CorrelationLayer,
    deprecation::{Deprecated, DeprecationLayer},
    metrics::{Metrics, MetricsLayer, RouteMetrics},
    route::{Endpoint, Policies},
    timeout::{Timeout, TimeoutLayer},
};

/// What stands around every endpoint: one type, whatever the route declares; an absent policy costs a branch.
pub(crate) type Stack = Metrics<Deprecated<BodyLimit<Timeout<CatchPanic<Endpoint>>>>>;

/// The policies that apply: what was declared, and the defaults for the rest.
pub(crate) fn effective(declared: Policies) -> Policies {
    Policies { body_limit: declared.body_limit.or(Some(body_limit::DEFAULT_BYTES)), ..declared }
}

/// Puts the [`effective`] policies around an endpoint.
pub(crate) fn around_endpoint(
    policies: Policies,
    metrics: impl Into<Arc<RouteMetrics>>,
    clock: Clock,
    endpoint: Endpoint,
) -> Stack {
    let deprecation = policies.deprecation.map_or_else(DeprecationLayer::none, |deprecation| {
        let header = |value: &'static str| HeaderValue::from_static(value);
        let layer = DeprecationLayer::new(header(deprecation.since));
        deprecation.sunset.map_or_else(|| layer.clone(), |sunset| layer.clone().sunset(header(sunset)))
    });
    let body_limit = BodyLimitLayer::new(policies.body_limit.unwrap_or(body_limit::DEFAULT_BYTES));
    let layers = (
        MetricsLayer::new(metrics).clock(clock),
        deprecation,
        body_limit,
        TimeoutLayer::optional(policies.timeout),
        CatchPanicLayer::new(),
    );
    layers.layer(endpoint)
}

/// What stands around the whole router.
pub(crate) fn around_router(clock: Clock) -> (CorrelationLayer, CatchPanicLayer) {
    (CorrelationLayer::new().clock(clock), CatchPanicLayer::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order() {
        let stack = std::any::type_name::<Stack>();
        let order: Vec<&str> =
            stack.split('<').filter_map(|part| part.trim_end_matches('>').rsplit("::").next()).collect();
        assert_eq!(order, ["Metrics", "Deprecated", "BodyLimit", "Timeout", "CatchPanic", "Endpoint"]);
    }
}
