//! The order of policies, decided here and nowhere else.
//!
//! [`AroundRouter`] acts on every request, [`RouteService`] on the requests of one route, and [`HandlerService`] on
//! those that the cache does not answer. Each has two halves. The one that takes the request reads from top to bottom,
//! outermost policy first. The one that polls for the response reads from the inside out.
//!
//! [`steps`] is the same order in words; a test sends requests through both and compares.

mod around_endpoint;
mod around_handler;
mod around_router;
mod edge;

use std::fmt;

pub(super) use self::{
    around_endpoint::{RoutePolicies, RouteService, StoredResponses},
    around_handler::{HandlerPolicies, HandlerService},
};
pub(crate) use self::{
    around_router::{AroundRouter, AroundRouterLayer},
    edge::Edge,
};
use super::{
    display::{OrOff, ShownBreaker, ShownCache, ShownDeprecation, ShownIdempotent, ShownInvalidation},
    effective::{EffectivePolicies, RateLimitScope},
    step::Step,
};
use crate::{
    access_log::AccessLogMode,
    base::{setting::Setting, units},
    client_address::TrustedProxies,
    sensitive_headers::SensitiveHeadersLayer,
};

/// The same order in words, with the settings of one route.
pub(super) fn steps(policies: &EffectivePolicies, router: &RouterPolicies) -> Vec<Step> {
    let (alert, slo) = (&policies.alert, &policies.slo);
    let cache = OrOff(policies.cache.as_ref().map(ShownCache));
    let mut steps = vec![
        Step::router("sensitive_headers", "names", &*router.sensitive_headers).from(router.sensitive_headers.origin()),
        Step::router("client_address", "trusted_proxies", &*router.trusted_proxies)
            .from(router.trusted_proxies.origin()),
        Step::router("watch", "metrics", "on"),
        Step::router("watch", "slow", units::show_duration(&policies.slow)).from(policies.slow.origin()),
        Step::router("watch", "alert_error_rate", OrOff(*alert.error_rate)).from(alert.error_rate.origin()),
        Step::router("watch", "alert_mean", units::show_duration(&alert.mean)).from(alert.mean.origin()),
        Step::router("watch", "alert_p99", units::show_duration(&alert.p99)).from(alert.p99.origin()),
        Step::router("watch", "slo_availability", OrOff(*slo.availability)).from(slo.availability.origin()),
        Step::router("watch", "slo_latency", OrOff(*slo.latency)).from(slo.latency.origin()),
        Step::router("watch", "access_log", *router.access_log).from(router.access_log.origin()),
    ];
    steps.extend(policies.security_headers.steps());
    steps.extend([
        Step::router("cors", "origins", OrOff(router.cors.as_ref().map(|origins| origins.join(", "))))
            .from(router.cors.origin()),
        Step::router("cors", "credentials", on_off(*router.cors_credentials)).from(router.cors_credentials.origin()),
        Step::router("compression", "enabled", on_off(*router.compression)).from(router.compression.origin()),
        Step::router("correlation", "id", "on"),
        Step::router("catch_panic", "of layers", "on"),
        Step::router("decompression", "enabled", on_off(*router.decompression)).from(router.decompression.origin()),
        Step::endpoint("deprecation", "deprecated", OrOff(policies.deprecation.map(ShownDeprecation)))
            .from(policies.deprecation.origin()),
        Step::endpoint("body_limit", "body_limit", units::Bytes(*policies.body_limit))
            .from(policies.body_limit.origin()),
    ]);
    steps.extend(rate_limits(policies, false));
    steps.extend([
        Step::endpoint("auth", "auth", &*policies.access).from(policies.access.origin()),
        Step::endpoint("csrf", "enabled", on_off(*router.csrf)).from(router.csrf.origin()),
        Step::endpoint("csrf", "origins", OrOff(router.csrf_origins.first().map(|_| router.csrf_origins.join(", "))))
            .from(router.csrf_origins.origin()),
    ]);
    steps.extend(rate_limits(policies, true));
    steps.extend([
        Step::endpoint("cache", "cache", cache).from(policies.cache.origin()),
        Step::endpoint("idempotency", "idempotent", OrOff(policies.idempotent.as_ref().map(ShownIdempotent)))
            .from(policies.idempotent.origin()),
        Step::endpoint("concurrency", "concurrency", OrOff(*policies.concurrency)).from(policies.concurrency.origin()),
        Step::endpoint("breaker", "breaker", ShownBreaker(policies)).from(policies.breaker.origin()),
        Step::endpoint("timeout", "timeout", units::show_duration(&policies.timeout)).from(policies.timeout.origin()),
        Step::endpoint("cache", "invalidates", ShownInvalidation(policies)),
        Step::endpoint("catch_panic", "of the handler", "on"),
        Step::endpoint("layer", "layer", if policies.layered { "on" } else { "off" }),
    ]);
    steps
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A step for each rate limit, which needs an identity or not.
fn rate_limits(policies: &EffectivePolicies, needs_identity: bool) -> Vec<Step> {
    let origin = policies.rate_limits.origin();
    let step = |value: &dyn fmt::Display| Step::endpoint("rate_limit", "rate_limit", value).from(origin);
    if policies.rate_limits.is_empty() {
        return if needs_identity { Vec::new() } else { vec![step(&"off")] };
    }
    let limits = policies.rate_limits.iter().filter(|limit| limit.by().needs_identity() == needs_identity);
    let mut limits: Vec<_> = limits.collect();
    // Those that all processes share come behind those of this process.
    limits.sort_by_key(|limit| limit.is_shared());
    let shared = match policies.rate_limit_scope {
        RateLimitScope::Route => "",
        RateLimitScope::Group(_) => ", one quota for its routes",
        RateLimitScope::App => ", one quota for the routes without a limit",
    };
    limits.into_iter().map(|limit| step(&format_args!("{limit}{shared}"))).collect()
}

/// The settings of the policies around the router, for all routes alike.
#[derive(Debug, Clone)]
pub(crate) struct RouterPolicies {
    pub(crate) trusted_proxies: Setting<TrustedProxies>,
    pub(crate) access_log: Setting<AccessLogMode>,
    /// All names, and who added some.
    pub(crate) sensitive_headers: Setting<SensitiveHeadersLayer>,
    /// The origins of CORS.
    pub(crate) cors: Setting<Option<Vec<String>>>,
    pub(crate) cors_credentials: Setting<bool>,
    pub(crate) csrf: Setting<bool>,
    /// The origins that may send requests with cookies, beside those of CORS with credentials.
    pub(crate) csrf_origins: Setting<Vec<String>>,
    pub(crate) compression: Setting<bool>,
    pub(crate) decompression: Setting<bool>,
}
