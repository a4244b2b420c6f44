//! Makes the policies of a route from its settings.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response, routing::MethodRouter};
use http::HeaderName;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    effective::{Drops, EffectivePolicies},
    stack::{HandlerPolicies, HandlerService, RoutePolicies, RouteService, StoredResponses},
};
use crate::{
    auth::{Access, AccessCheck, Verifiers},
    base::clock::Clock,
    body_limit::SizeLimit,
    breaker::{Fallbacks, HttpBreakerLayer},
    cache::{Cache, CacheLayer, InvalidateLayer},
    catch_panic::{CatchPanicLayer, PanicGuard},
    correlation::CORRELATION_ID,
    deprecation::DeprecationHeaders,
    edge::CrossSiteCheck,
    idempotency::IdempotencyLayer,
    observe::{Observer, Report, RouteState},
    rate_limit::{RateLimitSetup, RateLimits},
    route::{Audience, Endpoint, EndpointFuture, Method, RequestText, ServedMethods},
    timeout::{TimeLimit, TimeoutLayer},
};

/// Headers of every response that a policy around the router sets.
static SET_AROUND_ROUTER: [HeaderName; 1] = [CORRELATION_ID];

/// What the policies of all routes share.
#[derive(Debug, Clone)]
pub(crate) struct RouteContext {
    pub(crate) verifiers: Arc<Verifiers>,
    /// What the rate limits of all routes share.
    pub(crate) rate_limits: RateLimitSetup,
    pub(crate) cache: Cache,
    /// The clock of the app.
    pub(crate) clock: Clock,
    /// Whether cached routes send their cache keys.
    pub(crate) cache_debug_headers: bool,
    /// The partitions of all cached routes.
    pub(crate) partitions: Vec<RequestText>,
    /// The prefix of all paths.
    pub(crate) prefix: String,
    /// How long a claim of an idempotency key outlives its process.
    pub(crate) idempotency_lease: Duration,
    /// Whether requests are traced, so that they can be explained.
    pub(crate) explains: bool,
    /// `None` if it is switched off.
    pub(crate) csrf: Option<CrossSiteCheck>,
}

/// Adds a route to the methods of its path, with its policies around its endpoint. All policies share the route's
/// `state`.
pub(crate) fn add_route(
    (methods, served): (MethodRouter, ServedMethods),
    policies: &EffectivePolicies,
    context: &RouteContext,
    (method, path): (Method, &str),
    state: &Arc<RouteState>,
    (endpoint, fallbacks): (Endpoint, Fallbacks),
) -> MethodRouter {
    let observer = || -> Arc<dyn Observer> { state.clone() };
    let limit = *policies.timeout;
    let fallbacks = fallbacks.map(|fallback| guarded_fallback(fallback, limit, &context.clock, &observer));
    let breaker = policies.guards.breaker.clone().zip(*policies.breaker).map(|(breaker, policy)| {
        HttpBreakerLayer::for_route(breaker, &policy, fallbacks, policies.layered).observer(observer())
    });
    let invalidation = invalidation(policies, context, (method, path));
    let guarded_endpoint = || CatchPanicLayer::new().observer(observer()).layer(endpoint.clone());
    let handler = HandlerService::new(HandlerPolicies {
        concurrency: policies.guards.concurrency.clone().map(|limit| limit.observer(observer())),
        breaker,
        timeout: limit.map(|limit| TimeLimit::new(limit, context.clock.clone(), observer())),
        invalidation: invalidation.map(|layer| layer.layer(guarded_endpoint())),
        panics: PanicGuard::new(observer()),
        endpoint,
        explains: context.explains,
    });
    let service = RouteService::new(RoutePolicies {
        state: Arc::clone(state),
        security_headers: policies.security_headers.own(),
        deprecation: policies.deprecation.map(DeprecationHeaders::for_route),
        body_limit: SizeLimit::new(*policies.body_limit, observer()),
        rate_limits: rate_limits(policies, context, observer()),
        auth: AccessCheck::new((*policies.access).clone(), Arc::clone(&context.verifiers))
            .map(|auth| auth.observer(observer())),
        csrf: context.csrf.clone().map(|csrf| csrf.observer(observer())),
        stored: match (caching(policies, context, (method, path), observer()), *policies.idempotent) {
            (Some(cache), _) => StoredResponses::Cached(cache.layer(handler.clone())),
            (None, Some(_)) => StoredResponses::Idempotent(idempotency(policies, context, (method, path), observer())),
            (None, None) => StoredResponses::None,
        },
        handler,
    });
    served.add(methods, service)
}

fn rate_limits(
    policies: &EffectivePolicies,
    context: &RouteContext,
    observer: Arc<dyn Observer>,
) -> Option<RateLimits> {
    let limiters = policies.guards.rate_limits.clone();
    (!limiters.is_empty()).then(|| RateLimits::new(limiters, context.rate_limits.clone(), Report::to(observer)))
}

/// A fallback with the handler's timeout, whose panics are caught like the handler's.
fn guarded_fallback(
    fallback: Endpoint,
    limit: Option<Duration>,
    clock: &Clock,
    observer: &dyn Fn() -> Arc<dyn Observer>,
) -> Endpoint {
    let guarded = CatchPanicLayer::new().observer(observer()).layer(fallback);
    match limit {
        Some(limit) => endpoint_of(TimeoutLayer::new(limit).clock(clock.clone()).observer(observer()).layer(guarded)),
        None => endpoint_of(guarded),
    }
}

fn endpoint_of<S>(service: S) -> Endpoint
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    Endpoint::new(move |request| {
        let answer = service.clone().call(request);
        EndpointFuture::new(async move {
            let Ok(response) = answer.await;
            Ok(response)
        })
    })
}

fn caching(
    policies: &EffectivePolicies,
    context: &RouteContext,
    (method, path): (Method, &str),
    observer: Arc<dyn Observer>,
) -> Option<CacheLayer> {
    let policy = (*policies.cache)?;
    let layer = CacheLayer::declared(context.cache.clone(), &policy, path)
        .counted_as(method, path)
        .debug_headers(context.cache_debug_headers)
        .overwritten(&SET_AROUND_ROUTER)
        .observer(observer);
    let layer = if matches!(*policies.access, Access::Identified(_)) { layer.private() } else { layer };
    let layer = if policy.audience() == Some(Audience::User) && !context.verifiers.is_empty() {
        layer.identity_headers(context.verifiers.identity_headers())
    } else {
        layer
    };
    let layer = if method == Method::Head { layer.of_head() } else { layer };
    // A fallback in place of a failed call has the timeout again.
    let calls = if policies.breaker.is_some_and(|breaker| breaker.has_fallback_on_error()) { 2 } else { 1 };
    Some(match *policies.timeout {
        Some(timeout) => layer.deadline(timeout.saturating_mul(calls)),
        None => layer,
    })
}

fn idempotency(
    policies: &EffectivePolicies,
    context: &RouteContext,
    (method, path): (Method, &str),
    observer: Arc<dyn Observer>,
) -> IdempotencyLayer {
    let policy = policies.idempotent.unwrap_or_default();
    let layer = IdempotencyLayer::new(context.cache.clone())
        .of_route(format!("{method} {path}"))
        .lease(context.idempotency_lease)
        .observer(observer);
    let layer = match policy.ttl {
        Some(ttl) => layer.ttl(ttl),
        None => layer,
    };
    let layer = if policy.required { layer.required() } else { layer };
    let layer = match policy.max_body {
        Some(bytes) => layer.max_body(bytes),
        None => layer,
    };
    // A handler that may take longer than the default, and a fallback after it.
    match *policies.timeout {
        Some(timeout) => layer.grace_of_at_least(timeout.saturating_mul(2)),
        None => layer,
    }
}

fn invalidation(
    policies: &EffectivePolicies,
    context: &RouteContext,
    (method, path): (Method, &str),
) -> Option<InvalidateLayer> {
    if policies.invalidates.is_none() && policies.wanted_by.is_empty() && policies.drops == Drops::Nothing {
        return None;
    }
    let declared = policies.invalidates.unwrap_or_default();
    let own = InvalidateLayer::declared(context.cache.clone(), &declared, path, &context.prefix)
        .url_in(&context.partitions, policies.drops == Drops::Url);
    let own = own.counted_as(method, path);
    Some(
        policies
            .wanted_by
            .iter()
            .fold(own, |layer, wanted| layer.wanted_by(&wanted.template, wanted.partition.clone())),
    )
}
