//! The order of policies, decided here and nowhere else.
//!
//! Around the router, for every request, outermost first:
//! 1. sensitive headers: marked, for whoever prints headers further in ([`SensitiveHeadersLayer`])
//! 2. watch: metrics and access log, told once for each request, however it ends ([`WatchLayer`])
//! 3. correlation: an id and a span for the request, last details for its problems ([`CorrelationLayer`])
//! 4. a last catch for panics of our own layers and of hand-written routers
//!
//! Around each endpoint:
//! 5. matched: the route tells the watch which one it is
//! 6. deprecation headers, on every answer of the route
//! 7. body limit, which reads nothing
//! 8. auth: who is asking, and may they?
//! 9. cache: a fresh answer is given here
//! 10. concurrency: too many at a time?
//! 11. breaker: does what it depends on fail?
//! 12. timeout
//! 13. invalidation, inside timeout, so that a handler that may have changed something runs to its end
//! 14. panic → 500, inside timeout, so that the breaker sees a failure and not a cancellation
//! 15. the endpoint: `layer(…)`, extractors, handler

use std::sync::Arc;

use axum::routing::MethodRouter;
use http::{HeaderName, HeaderValue};
use tower::ServiceExt;
use tower_layer::Layer;

use super::{
    Drops, EffectivePolicies, Guards, Step,
    effective::{show_all_invalidates, show_breaker, show_caching, show_count},
};
use crate::{
    access_log::AccessLogMode,
    auth::{Auth, AuthLayer, Verifiers},
    body_limit::{BodyLimit, BodyLimitLayer},
    breaker::{HttpBreaker, HttpBreakerLayer},
    cache::{Cache, CacheLayer, Cached, InvalidateLayer, Invalidating},
    catch_panic::{CatchPanic, CatchPanicLayer},
    clock::Clock,
    concurrency::{Concurrency, ConcurrencyLayer},
    correlation::{CORRELATION_ID, Correlation, CorrelationLayer},
    deprecation::{Deprecated, DeprecationLayer},
    observe::{Observer, RouteState},
    route::{Endpoint, EndpointFuture, Method, RequestText},
    sensitive_headers::{SensitiveHeaders, SensitiveHeadersLayer},
    setting::Setting,
    timeout::{Timeout, TimeoutLayer},
    units,
    watch::{RouteLabel, RouteLabelLayer, Watch, WatchLayer},
};

/// What stands around each endpoint, whatever the route declares.
type Around<S> = RouteLabel<Deprecated<BodyLimit<Auth<S>>>>;

/// What is within it, innermost: of most routes, and of those that have to do with the cache.
type Plain = Timeout<CatchPanic<Endpoint>>;
type Changing = Timeout<Invalidating<CatchPanic<Endpoint>>>;

/// What keeps requests from the handler that would only make things worse.
type Guarded<S> = Concurrency<HttpBreaker<S>>;

/// What stands around the whole router.
pub(crate) type AroundRouter<S> = SensitiveHeaders<Watch<Correlation<CatchPanic<S>>>>;

/// Headers of every answer that what stands around the router sets.
static SET_AROUND_ROUTER: [HeaderName; 1] = [CORRELATION_ID];

/// What stands around the admin surface, whose requests are not the app's traffic.
pub(crate) type AroundAdmin<S> = SensitiveHeaders<Correlation<CatchPanic<S>>>;

/// What policies of all routes share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) verifiers: Arc<Verifiers>,
    pub(crate) cache: Cache,
    /// Whether cached routes say their keys.
    pub(crate) cache_debug_headers: bool,
    /// In which partitions answers of cached routes are.
    pub(crate) partitions: Vec<RequestText>,
    /// What stands before the paths of all routes.
    pub(crate) prefix: String,
}

/// Adds a route to the methods of its path, with its policies around its endpoint. All of them share the one `state` of the route.
pub(crate) fn add_route(
    methods: MethodRouter,
    policies: &EffectivePolicies,
    shared: &Shared,
    (method, path): (Method, &str),
    state: &Arc<RouteState>,
    (endpoint, fallback): (Endpoint, Option<Endpoint>),
) -> MethodRouter {
    let observer = || -> Arc<dyn Observer> { state.clone() };
    let deprecation = policies.deprecation.map_or_else(DeprecationLayer::none, |deprecation| {
        let header = |value: &'static str| HeaderValue::from_static(value);
        let layer = DeprecationLayer::new(header(deprecation.since));
        deprecation.sunset.map_or_else(|| layer.clone(), |sunset| layer.clone().sunset(header(sunset)))
    });
    let outside = (
        RouteLabelLayer::new(Arc::clone(state)),
        deprecation,
        BodyLimitLayer::new(*policies.body_limit).observer(observer()),
        AuthLayer::new((*policies.access).clone(), Arc::clone(&shared.verifiers)).observer(observer()),
    );
    let timeout = TimeoutLayer::optional(*policies.timeout).observer(observer());
    let catch_panic = CatchPanicLayer::new().observer(observer());
    let cache = caching(policies, shared, (method, path), observer());
    let invalidation = invalidation(policies, shared, (method, path));
    let fallback = fallback.map(|fallback| shielded(fallback, &(timeout.clone(), catch_panic.clone())));
    let guards = guards(policies, fallback, &observer);
    let filter = method.filter();
    // Four types, so that a route pays for no layer that it has nothing to do with: each would cost its requests some hundred instructions.
    if cache.is_none() && invalidation.is_none() {
        let plain: Plain = (timeout, catch_panic).layer(endpoint);
        return match guards {
            None => methods.on_service(filter, around::<Plain>(outside.layer(plain))),
            Some(guards) => methods.on_service(filter, around::<Guarded<Plain>>((outside, guards).layer(plain))),
        };
    }
    let cache = cache.unwrap_or(CacheLayer::none());
    let invalidation = invalidation.unwrap_or(InvalidateLayer::none());
    let changing: Changing = (timeout, invalidation, catch_panic).layer(endpoint);
    match guards {
        None => methods.on_service(filter, around::<Cached<Changing>>((outside, cache).layer(changing))),
        Some(guards) => {
            let stack = (outside, cache, guards).layer(changing);
            methods.on_service(filter, around::<Cached<Guarded<Changing>>>(stack))
        }
    }
}

/// A fallback keeps the time that the handler has, and may panic as it may.
fn shielded(fallback: Endpoint, around: &(TimeoutLayer, CatchPanicLayer)) -> Endpoint {
    let plain: Plain = around.layer(fallback);
    Endpoint::new(move |request| {
        let answer = plain.clone().oneshot(request);
        EndpointFuture::new(async move {
            let Ok(response) = answer.await;
            Ok(response)
        })
    })
}

/// Names the type, for the test of the order.
fn around<S>(stack: Around<S>) -> Around<S> {
    stack
}

/// `None` where there is nothing to guard.
fn guards(
    policies: &EffectivePolicies,
    fallback: Option<Endpoint>,
    observer: &dyn Fn() -> Arc<dyn Observer>,
) -> Option<(ConcurrencyLayer, HttpBreakerLayer)> {
    let Guards { concurrency, breaker } = &policies.guards;
    if concurrency.is_none() && breaker.is_none() {
        return None;
    }
    let concurrency = concurrency.clone().unwrap_or(ConcurrencyLayer::optional(None)).observer(observer());
    let breaker = HttpBreakerLayer::optional(breaker.clone()).answering(fallback).observer(observer());
    let breaker = match policies.breaker.and_then(|breaking| breaking.classify) {
        Some(classify) => breaker.judge(move |response| classify.of(response)),
        None => breaker,
    };
    Some((concurrency, breaker))
}

fn caching(
    policies: &EffectivePolicies,
    shared: &Shared,
    (method, path): (Method, &str),
    observer: Arc<dyn Observer>,
) -> Option<CacheLayer> {
    let caching = (*policies.cache)?;
    let layer = CacheLayer::declared(shared.cache.clone(), &caching, path)
        .counted_as(method, path)
        .debug_headers(shared.cache_debug_headers)
        .overwritten(&SET_AROUND_ROUTER)
        .observer(observer);
    let layer = if method == Method::Head { layer.of_head() } else { layer };
    Some(match *policies.timeout {
        Some(timeout) => layer.deadline(timeout),
        None => layer,
    })
}

fn invalidation(
    policies: &EffectivePolicies,
    shared: &Shared,
    (method, path): (Method, &str),
) -> Option<InvalidateLayer> {
    if policies.invalidates.is_none() && policies.wanted_by.is_empty() && policies.drops == Drops::Nothing {
        return None;
    }
    let declared = policies.invalidates.unwrap_or_default();
    let own = InvalidateLayer::declared(shared.cache.clone(), &declared, path, &shared.prefix)
        .url_in(&shared.partitions, policies.drops == Drops::Url);
    let own = own.counted_as(method, path);
    Some(
        policies
            .wanted_by
            .iter()
            .fold(own, |layer, wanted| layer.wanted_by(&wanted.template, wanted.partition.clone())),
    )
}

/// What stands around the whole router; requests that no route claims are told to `unmatched`.
pub(crate) fn around_router(
    sensitive_headers: SensitiveHeadersLayer,
    unmatched: Arc<RouteState>,
    clock: Clock,
) -> (SensitiveHeadersLayer, WatchLayer, CorrelationLayer, CatchPanicLayer) {
    let (sensitive_headers, correlation, catch_panic) = around_admin(sensitive_headers, clock.clone());
    (sensitive_headers, WatchLayer::around(unmatched).clock(clock), correlation, catch_panic)
}

/// What stands around the admin surface.
pub(crate) fn around_admin(
    sensitive_headers: SensitiveHeadersLayer,
    clock: Clock,
) -> (SensitiveHeadersLayer, CorrelationLayer, CatchPanicLayer) {
    (sensitive_headers, CorrelationLayer::new().clock(clock), CatchPanicLayer::new())
}

/// What is set around the router, for all routes alike.
#[derive(Debug, Clone)]
pub(crate) struct RouterPolicies {
    pub(crate) access_log: Setting<AccessLogMode>,
    /// All names, and who added some.
    pub(crate) sensitive_headers: Setting<SensitiveHeadersLayer>,
}

/// The same order in words, with the settings of one route.
pub(super) fn steps(policies: &EffectivePolicies, router: &RouterPolicies) -> Vec<Step> {
    let deprecation = policies.deprecation.map(|deprecation| match deprecation.sunset {
        Some(sunset) => format!("since {}, until {sunset}", deprecation.since),
        None => format!("since {}", deprecation.since),
    });
    let on = "on".to_owned();
    vec![
        Step::router("sensitive_headers", "names", router.sensitive_headers.to_string())
            .from(router.sensitive_headers.origin()),
        Step::router("watch", "metrics", on.clone()),
        Step::router("watch", "slow", units::show_duration(&policies.slow)).from(policies.slow.origin()),
        Step::router("watch", "access_log", router.access_log.to_string()).from(router.access_log.origin()),
        Step::router("correlation", "id", on.clone()),
        Step::router("catch_panic", "of layers", on.clone()),
        Step::endpoint("deprecation", "deprecated", deprecation.unwrap_or_else(|| "off".to_owned())),
        Step::endpoint("body_limit", "body_limit", units::Bytes(*policies.body_limit).to_string())
            .from(policies.body_limit.origin()),
        Step::endpoint("auth", "auth", policies.access.to_string()).from(policies.access.origin()),
        Step::endpoint("cache", "cache", show_caching(&policies.cache)).from(policies.cache.origin()),
        Step::endpoint("concurrency", "concurrency", show_count(&policies.concurrency))
            .from(policies.concurrency.origin()),
        Step::endpoint("breaker", "breaker", show_breaker(policies)).from(policies.breaker.origin()),
        Step::endpoint("timeout", "timeout", units::show_duration(&policies.timeout)).from(policies.timeout.origin()),
        Step::endpoint("cache", "invalidates", show_all_invalidates(policies)),
        Step::endpoint("catch_panic", "of the handler", on.clone()),
        Step::endpoint("layer", "layer", if policies.layered { on } else { "off".to_owned() }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        route::{Access, Policies},
    };

    fn order<T>() -> Vec<&'static str> {
        let stack = std::any::type_name::<T>();
        stack.split('<').filter_map(|part| part.trim_end_matches('>').rsplit("::").next()).collect()
    }

    #[test]
    fn the_order() {
        assert_eq!(
            order::<AroundRouter<Endpoint>>(),
            ["SensitiveHeaders", "Watch", "Correlation", "CatchPanic", "Endpoint"]
        );
        assert_eq!(
            order::<Around<Cached<Guarded<Changing>>>>(),
            [
                "Matched",
                "Deprecated",
                "BodyLimit",
                "Auth",
                "Cached",
                "Concurrency",
                "HttpBreaker",
                "Timeout",
                "Invalidating",
                "CatchPanic",
                "Endpoint"
            ]
        );
        let without = |left_out: &[&str]| {
            let mut all = order::<Around<Cached<Guarded<Changing>>>>();
            all.retain(|policy| !left_out.contains(policy));
            all
        };
        assert_eq!(order::<Around<Cached<Changing>>>(), without(&["Concurrency", "HttpBreaker"]));
        assert_eq!(order::<Around<Guarded<Plain>>>(), without(&["Cached", "Invalidating"]));
        assert_eq!(order::<Around<Plain>>(), without(&["Cached", "Invalidating", "Concurrency", "HttpBreaker"]));
    }

    #[test]
    fn the_explanation_has_the_same_order() {
        let config = Config::default();
        let public = Setting::default_to(Access::Public);
        let sensitive_headers = Setting::default_to(SensitiveHeadersLayer::new());
        let router = RouterPolicies { access_log: config.access_log.clone(), sensitive_headers };
        let steps = steps(&EffectivePolicies::new(Policies::new(), None, &config, &public), &router);
        let mut policies: Vec<&str> = steps.iter().map(|step| step.policy).collect();
        policies.dedup();
        // The endpoint's own layer is not part of the type.
        let expected = [
            "sensitive_headers",
            "watch",
            "correlation",
            "catch_panic",
            "deprecation",
            "body_limit",
            "auth",
            "cache",
            "concurrency",
            "breaker",
            "timeout",
            "cache",
            "catch_panic",
            "layer",
        ];
        assert_eq!(policies, expected);
    }
}
