//! The settings that apply to a route, and the origin of each.

use std::{sync::Arc, time::Duration};

use super::security_headers::EffectiveSecurityHeaders;
use crate::{
    base::setting::{Origin, Setting},
    breaker::CircuitBreaker,
    cache,
    concurrency::ConcurrencyLayer,
    config::{Config, RouteConfig},
    rate_limit::{Limit, Limiter},
    route::{
        Access, BreakerPolicy, CachePolicy, DeclaredPolicies, Deprecation, IdempotentPolicy, Invalidates,
        LatencyObjective, Policies, RateLimitPolicy, Ratio, RequestText,
    },
};

/// The settings of one route: from its configuration, else from its attribute, else from its groups, else from the app.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EffectivePolicies {
    /// The clients that may call the route.
    pub access: Setting<Access>,
    /// The rate limits.
    pub rate_limits: Setting<Vec<Limit>>,
    /// The routes that share the rate limits.
    pub(crate) rate_limit_scope: RateLimitScope,
    /// The time that the handler has up to its response head.
    pub timeout: Setting<Option<Duration>>,
    /// The largest request body, in bytes.
    pub body_limit: Setting<u64>,
    /// The duration from which a request counts as slow.
    pub slow: Setting<Option<Duration>>,
    /// The thresholds of the route's alerts.
    pub alert: AlertThresholds,
    /// The service level objectives.
    pub slo: Objectives,
    /// The headers of a deprecated route.
    pub deprecation: Setting<Option<Deprecation>>,
    /// The caching of responses.
    pub cache: Setting<Option<CachePolicy>>,
    /// The treatment of idempotency keys.
    pub idempotent: Setting<Option<IdempotentPolicy>>,
    /// The declared invalidations.
    pub invalidates: Option<Invalidates>,
    /// The cached routes that declare `invalidate_on` this one.
    pub(crate) wanted_by: Vec<WantedBy>,
    /// The invalidations without a declaration.
    pub(crate) drops: Drops,
    /// The number of requests that the handler runs at a time.
    pub concurrency: Setting<Option<u32>>,
    /// The declaration of the circuit breaker.
    pub breaker: Setting<Option<BreakerPolicy>>,
    /// The circuit breaker and the concurrency limit themselves, once all routes are known.
    pub(crate) guards: Guards,
    /// Whether the route has its own tower layer.
    pub layered: bool,
    /// The headers that tell browsers what they may do with responses.
    pub security_headers: EffectiveSecurityHeaders,
}

/// The thresholds above which an alert of a route is raised. `None` switches one off.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AlertThresholds {
    /// The share of requests with a 5xx, a timeout or a panic.
    pub error_rate: Setting<Option<f64>>,
    /// The mean response time.
    pub mean: Setting<Option<Duration>>,
    /// The 99th percentile of response times.
    pub p99: Setting<Option<Duration>>,
}

/// The service level objectives of a route. `None` is no objective.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Objectives {
    /// The share of requests that do not fail with a 5xx, a timeout or a panic.
    pub availability: Setting<Option<Ratio>>,
    /// The share of requests that take no longer than a threshold.
    pub latency: Setting<Option<LatencyObjective>>,
}

/// Which routes count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimitScope {
    /// The route alone.
    Route,
    /// The routes that have the limits of the group of this module.
    Group(&'static str),
    /// The routes without limits of their own.
    App,
}

impl RateLimitScope {
    /// The scope of limits that are not the app's.
    fn of<T>(limits: &Setting<T>) -> Self {
        match limits.origin() {
            Origin::Group(module) => Self::Group(module),
            _ => Self::Route,
        }
    }
}

/// The guards of a route, which metrics and the admin surface also read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guards {
    pub(crate) concurrency: Option<ConcurrencyLayer>,
    pub(crate) breaker: Option<CircuitBreaker>,
    pub(crate) rate_limits: Vec<Arc<Limiter>>,
}

/// The invalidations of a request without a declaration (RFC 9111 §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drops {
    /// Nothing: the method is safe, or the app caches nothing.
    Nothing,
    /// The URLs in `Location` and `Content-Location`. No cached route has the route's own URL.
    Named,
    /// The same URLs, and the route's own.
    Url,
}

/// A cached route that another route invalidates.
#[derive(Debug, Clone)]
pub(crate) struct WantedBy {
    /// Its path template.
    pub(crate) template: String,
    pub(crate) partition: Option<RequestText>,
}

impl EffectivePolicies {
    /// `access` applies to a route that declares none. Configuration cannot change access, so that a deployment cannot
    /// open an API.
    pub(crate) fn new(
        declared: DeclaredPolicies<'_>,
        route: Option<&RouteConfig>,
        config: &Config,
        access: &Setting<Access>,
    ) -> Self {
        let security_headers = EffectiveSecurityHeaders::new(route, config);
        let route = route.cloned().unwrap_or_else(|| RouteConfig::new(Origin::Default));
        let timeout = choose(route.timeout, declared.find(|declared| declared.timeout.map(Some)), &config.timeout);
        let slow = choose(route.slow, declared.find(|declared| declared.slow.map(Some)), &config.slow);
        let cache = cache_policy(route.cache_ttl, &config.cache_default_ttl, declared.own.cache);
        let own_rate_limits = route_rate_limits(route.rate_limit, declared.find(|declared| declared.rate_limits));
        Self {
            rate_limit_scope: own_rate_limits.as_ref().map_or(RateLimitScope::App, RateLimitScope::of),
            rate_limits: own_rate_limits.unwrap_or_else(|| config.rate_limit_default.clone()),
            access: choose(None, declared.find(Policies::access), access),
            timeout: or_default_of_cached_routes(timeout, cache.is_some()),
            body_limit: choose(route.body_limit, declared.find(Policies::body_limit), &config.body_limit),
            alert: AlertThresholds {
                error_rate: choose(
                    route.alert_error_rate,
                    declared.find(|declared| Some(Some(declared.alert?.error_rate()?.as_f64()))),
                    &config.alerts_error_rate,
                ),
                mean: choose(route.alert_mean, declared.find(|declared| declared.alert?.mean().map(Some)), &slow),
                p99: choose(
                    route.alert_p99,
                    declared.find(|declared| declared.alert?.p99().map(Some)),
                    &Setting::default_to(None),
                ),
            },
            slow,
            slo: Objectives {
                availability: choose(
                    route.slo_availability,
                    declared.find(|declared| declared.slo?.availability().map(Some)),
                    &config.slo_availability,
                ),
                latency: choose(
                    route.slo_latency,
                    declared.find(|declared| declared.slo?.latency().map(Some)),
                    &config.slo_latency,
                ),
            },
            deprecation: choose(
                None,
                declared.find(|declared| declared.deprecation.map(Some)),
                &Setting::default_to(None),
            ),
            cache,
            idempotent: idempotent_policy(route.idempotent_ttl, &config.idempotency_ttl, declared.own.idempotent),
            invalidates: declared.own.invalidates,
            wanted_by: Vec::new(),
            drops: Drops::Nothing,
            concurrency: choose(
                route.concurrency,
                declared.find(|declared| declared.concurrency.map(Some)),
                &Setting::default_to(None),
            ),
            breaker: breaker_policy(route.breaker, declared.own.breaker),
            guards: Guards::default(),
            layered: declared.own.layered,
            security_headers,
        }
    }
}

/// A cached route always has a timeout, because other requests may wait for its response.
fn or_default_of_cached_routes(timeout: Setting<Option<Duration>>, cached: bool) -> Setting<Option<Duration>> {
    match *timeout {
        None if cached => Setting::new(Some(cache::DEFAULT_DEADLINE), Origin::DefaultOf("cached routes")),
        _ => timeout,
    }
}

/// Configuration can change the lifetime and switch caching off; the attribute decides everything else. `default_ttl`
/// applies to routes that declare no `ttl`.
fn cache_policy(
    ttl: Option<Setting<Option<Duration>>>,
    default_ttl: &Setting<Option<Duration>>,
    declared: Option<CachePolicy>,
) -> Setting<Option<CachePolicy>> {
    let Some(policy) = declared else { return Setting::default_to(None) };
    let with_ttl = |ttl: Duration| CachePolicy { ttl: Some(ttl), ..policy };
    match (ttl, policy.ttl, **default_ttl) {
        (Some(ttl), _, _) => Setting::new(ttl.map(with_ttl), ttl.origin().clone()),
        (None, None, Some(ttl)) => Setting::new(Some(with_ttl(ttl)), default_ttl.origin().clone()),
        (None, _, _) => Setting::new(Some(policy), Origin::Attribute),
    }
}

/// Configuration can change the `ttl` and switch the policy off. `default_ttl` applies to routes that declare no `ttl`.
fn idempotent_policy(
    ttl: Option<Setting<Option<Duration>>>,
    default_ttl: &Setting<Duration>,
    declared: Option<IdempotentPolicy>,
) -> Setting<Option<IdempotentPolicy>> {
    let Some(policy) = declared else { return Setting::default_to(None) };
    let with_ttl = |ttl: Duration| IdempotentPolicy { ttl: Some(ttl), ..policy };
    match (ttl, policy.ttl) {
        (Some(ttl), _) => Setting::new(ttl.map(with_ttl), ttl.origin().clone()),
        (None, None) if *default_ttl.origin() != Origin::Default => {
            Setting::new(Some(with_ttl(**default_ttl)), default_ttl.origin().clone())
        }
        (None, None) => Setting::new(Some(with_ttl(**default_ttl)), Origin::Attribute),
        (None, Some(_)) => Setting::new(Some(policy), Origin::Attribute),
    }
}

/// The limits of the route itself. Configuration replaces them; a limit of the same name keeps what it does not set.
fn route_rate_limits(
    configured: Option<Setting<Vec<Limit>>>,
    declared: Option<Setting<&'static [RateLimitPolicy]>>,
) -> Option<Setting<Vec<Limit>>> {
    match (configured, declared) {
        (Some(limits), declared) => {
            let origin = limits.origin().clone();
            let limits = limits.into_value().into_iter();
            let declared = declared.map_or(&[][..], Setting::into_value);
            let limits = limits.map(|limit| limit.completed_by(declared));
            Some(Setting::new(limits.collect(), origin))
        }
        (None, Some(declared)) => {
            let limits = declared.iter().map(Limit::declared).collect();
            Some(Setting::new(limits, declared.origin().clone()))
        }
        (None, None) => None,
    }
}

/// Configuration can only switch the breaker off.
fn breaker_policy(on: Option<Setting<bool>>, declared: Option<BreakerPolicy>) -> Setting<Option<BreakerPolicy>> {
    match (on, declared) {
        (_, None) => Setting::default_to(None),
        (Some(on), Some(_)) if !*on => Setting::new(None, on.origin().clone()),
        (_, declared) => Setting::new(declared, Origin::Attribute),
    }
}

fn choose<T: Clone>(route: Option<Setting<T>>, declared: Option<Setting<T>>, app: &Setting<T>) -> Setting<T> {
    route.or(declared).unwrap_or_else(|| app.clone())
}
