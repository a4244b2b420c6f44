//! The order of policies, decided here and nowhere else.
//!
//! Around the router, for every request, outermost first:
//! 1. watch: metrics and access log, told once for each request, however it ends ([`WatchLayer`])
//! 2. correlation: an id and a span for the request, last details for its problems ([`CorrelationLayer`])
//! 3. a last catch for panics of our own layers and of hand-written routers
//!
//! Around each endpoint:
//! 4. matched: the route tells the watch which one it is
//! 5. deprecation headers, on every answer of the route
//! 6. body limit
//! 7. timeout
//! 8. panic → 500, inside timeout, so that what counts failures sees one and not a cancellation
//! 9. the endpoint: `layer(…)`, extractors, handler

use std::sync::Arc;

use http::HeaderValue;
use tower_layer::Layer;

use super::{EffectivePolicies, Step};
use crate::{
    access_log::AccessLogMode,
    body_limit::{BodyLimit, BodyLimitLayer},
    catch_panic::{CatchPanic, CatchPanicLayer},
    clock::Clock,
    correlation::{Correlation, CorrelationLayer},
    deprecation::{Deprecated, DeprecationLayer},
    observe::{Observer, RouteState},
    route::Endpoint,
    setting::Setting,
    timeout::{Timeout, TimeoutLayer},
    units,
    watch::{Matched, MatchedLayer, Watch, WatchLayer},
};

/// What stands around every endpoint: one type, whatever the route declares; an absent policy costs a branch.
pub(crate) type Stack = Matched<Deprecated<BodyLimit<Timeout<CatchPanic<Endpoint>>>>>;

/// What stands around the whole router.
pub(crate) type AroundRouter<S> = Watch<Correlation<CatchPanic<S>>>;

/// Puts its policies around an endpoint. All of them share the one `state` of the route.
pub(crate) fn around_endpoint(policies: &EffectivePolicies, state: &Arc<RouteState>, endpoint: Endpoint) -> Stack {
    let observer = || -> Arc<dyn Observer> { state.clone() };
    let deprecation = policies.deprecation.map_or_else(DeprecationLayer::none, |deprecation| {
        let header = |value: &'static str| HeaderValue::from_static(value);
        let layer = DeprecationLayer::new(header(deprecation.since));
        deprecation.sunset.map_or_else(|| layer.clone(), |sunset| layer.clone().sunset(header(sunset)))
    });
    let layers = (
        MatchedLayer::new(Arc::clone(state)),
        deprecation,
        BodyLimitLayer::new(*policies.body_limit).observer(observer()),
        TimeoutLayer::optional(*policies.timeout).observer(observer()),
        CatchPanicLayer::new().observer(observer()),
    );
    layers.layer(endpoint)
}

/// What stands around the whole router; requests that no route claims are told to `unmatched`.
pub(crate) fn around_router(
    unmatched: Arc<RouteState>,
    clock: Clock,
) -> (WatchLayer, CorrelationLayer, CatchPanicLayer) {
    let (correlation, catch_panic) = without_watch(clock.clone());
    (WatchLayer::around(unmatched).clock(clock), correlation, catch_panic)
}

/// The same for the admin surface, whose requests are not the app's traffic.
pub(crate) fn without_watch(clock: Clock) -> (CorrelationLayer, CatchPanicLayer) {
    (CorrelationLayer::new().clock(clock), CatchPanicLayer::new())
}

/// The same order in words, with the settings of one route.
pub(super) fn steps(policies: &EffectivePolicies, access_log: &Setting<AccessLogMode>) -> Vec<Step> {
    let deprecation = policies.deprecation.map(|deprecation| match deprecation.sunset {
        Some(sunset) => format!("since {}, until {sunset}", deprecation.since),
        None => format!("since {}", deprecation.since),
    });
    let on = "on".to_owned();
    vec![
        Step::router("watch", "metrics", on.clone()),
        Step::router("watch", "slow", units::show_duration(&policies.slow)).from(policies.slow.origin()),
        Step::router("watch", "access_log", access_log.to_string()).from(access_log.origin()),
        Step::router("correlation", "id", on.clone()),
        Step::router("catch_panic", "of layers", on.clone()),
        Step::endpoint("deprecation", "deprecated", deprecation.unwrap_or_else(|| "off".to_owned())),
        Step::endpoint("body_limit", "body_limit", units::Bytes(*policies.body_limit).to_string())
            .from(policies.body_limit.origin()),
        Step::endpoint("timeout", "timeout", units::show_duration(&policies.timeout)).from(policies.timeout.origin()),
        Step::endpoint("catch_panic", "of the handler", on.clone()),
        Step::endpoint("layer", "layer", if policies.layered { on } else { "off".to_owned() }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, route::Policies};

    fn order<T>() -> Vec<&'static str> {
        let stack = std::any::type_name::<T>();
        stack.split('<').filter_map(|part| part.trim_end_matches('>').rsplit("::").next()).collect()
    }

    #[test]
    fn the_order() {
        assert_eq!(order::<AroundRouter<Endpoint>>(), ["Watch", "Correlation", "CatchPanic", "Endpoint"]);
        assert_eq!(order::<Stack>(), ["Matched", "Deprecated", "BodyLimit", "Timeout", "CatchPanic", "Endpoint"]);
    }

    #[test]
    fn the_explanation_has_the_same_order() {
        let config = Config::default();
        let steps = steps(&EffectivePolicies::new(Policies::new(), None, &config), &config.access_log);
        let mut policies: Vec<&str> = steps.iter().map(|step| step.policy).collect();
        policies.dedup();
        // The endpoint's own layer is not part of the type.
        let expected =
            ["watch", "correlation", "catch_panic", "deprecation", "body_limit", "timeout", "catch_panic", "layer"];
        assert_eq!(policies, expected);
    }
}
