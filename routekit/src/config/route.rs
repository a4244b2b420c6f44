//! The keys of one route.

use std::time::Duration;

use http::HeaderValue;

use super::parse::{
    availability_or_off, bytes, duration_or_off, header_value_or_off, latency_or_off, limits_or_off, on_or_off,
    share_or_off, show_bytes, show_header_value, show_limits, show_objective, show_on_or_off, show_share,
};
use crate::{
    base::{
        setting::{Origin, Setting},
        units::show_duration,
    },
    rate_limit::Limit,
    route::{LatencyObjective, Ratio},
};

/// The configuration of one route. It overrides the route's attribute.
#[derive(Debug, Clone)]
pub(crate) struct RouteConfig {
    /// The source that names the route.
    pub(crate) origin: Origin,
    /// An empty list switches the rate limits off.
    pub(crate) rate_limit: Option<Setting<Vec<Limit>>>,
    pub(crate) timeout: Option<Setting<Option<Duration>>>,
    pub(crate) body_limit: Option<Setting<u64>>,
    pub(crate) slow: Option<Setting<Option<Duration>>>,
    pub(crate) alert_error_rate: Option<Setting<Option<f64>>>,
    pub(crate) alert_mean: Option<Setting<Option<Duration>>>,
    pub(crate) alert_p99: Option<Setting<Option<Duration>>>,
    pub(crate) slo_availability: Option<Setting<Option<Ratio>>>,
    pub(crate) slo_latency: Option<Setting<Option<LatencyObjective>>>,
    /// `None` in the setting switches the cache of the route off.
    pub(crate) cache_ttl: Option<Setting<Option<Duration>>>,
    /// `None` in the setting switches the idempotency keys of the route off.
    pub(crate) idempotent_ttl: Option<Setting<Option<Duration>>>,
    pub(crate) concurrency: Option<Setting<Option<u32>>>,
    /// Whether the circuit breaker that the route declares is on.
    pub(crate) breaker: Option<Setting<bool>>,
    /// Of all responses of the route, pages or not.
    pub(crate) content_security_policy: Option<Setting<Option<HeaderValue>>>,
    pub(crate) referrer_policy: Option<Setting<Option<HeaderValue>>>,
}

impl RouteConfig {
    /// A route without settings.
    pub(crate) fn new(origin: Origin) -> Self {
        Self {
            origin,
            rate_limit: None,
            timeout: None,
            body_limit: None,
            slow: None,
            alert_error_rate: None,
            alert_mean: None,
            alert_p99: None,
            slo_availability: None,
            slo_latency: None,
            cache_ttl: None,
            idempotent_ttl: None,
            concurrency: None,
            breaker: None,
            content_security_policy: None,
            referrer_policy: None,
        }
    }
}

/// A key of [`RouteConfig`].
pub(super) struct RouteKey {
    pub(super) name: &'static str,
    /// The effect of the setting, for `docs/configuration.md`.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test writes the reference"))]
    pub(super) doc: &'static str,
    /// Whether it takes several values.
    pub(super) list: bool,
    pub(super) read: fn(&mut RouteConfig, &str, Origin) -> Result<(), String>,
    pub(super) show: fn(&RouteConfig) -> Option<(String, &Origin)>,
}

macro_rules! key {
    ($field:ident, $read:expr, $show:expr, $doc:literal) => {
        key!($field, $read, $show, $doc, false)
    };
    ($field:ident, $read:expr, $show:expr, $doc:literal, $list:literal) => {
        RouteKey {
            name: stringify!($field),
            doc: $doc,
            list: $list,
            read: |config, text, origin| {
                config.$field = Some(Setting::new($read(text)?, origin));
                Ok(())
            },
            show: |config| config.$field.as_ref().map(|setting| ($show(&**setting), setting.origin())),
        }
    };
}

pub(super) const KEYS: &[RouteKey] = &[
    key!(
        rate_limit,
        limits_or_off,
        show_limits,
        "The rate limits of the route, as in `rate_limit.default`, or `off`. They replace those that the route \
         declares. A limit with the name of a declared one counts by the same key, has the same mode, and is `shared` \
         if that one is, unless it sets its own.",
        true
    ),
    key!(timeout, duration_or_off, show_duration, "The timeout of the handler, or `off`."),
    key!(body_limit, bytes, show_bytes, "The largest request body."),
    key!(slow, duration_or_off, show_duration, "The duration from which a request counts as slow, or `off`."),
    key!(
        alert_error_rate,
        share_or_off,
        show_share,
        "The share of requests with a 5xx, a timeout or a panic above which an alert is raised, or `off`."
    ),
    key!(
        alert_mean,
        duration_or_off,
        show_duration,
        "The mean response time above which an alert is raised, or `off`. Defaults to `slow`."
    ),
    key!(
        alert_p99,
        duration_or_off,
        show_duration,
        "The 99th percentile of response times above which an alert is raised, or `off`."
    ),
    key!(
        slo_availability,
        availability_or_off,
        show_objective,
        "The share of requests that must not fail, as in `slo.availability`, or `off`."
    ),
    key!(
        slo_latency,
        latency_or_off,
        show_objective,
        "The share of requests that must end within a time, as in `slo.latency`, or `off`."
    ),
    key!(
        cache_ttl,
        duration_or_off,
        show_duration,
        "How long responses without a freshness lifetime of their own are fresh. `off` switches the cache of the route \
         off. Requires a route that declares `cache`."
    ),
    key!(
        idempotent_ttl,
        time_or_off,
        show_duration,
        "How long the response to an idempotency key is replayed. `off` switches the idempotency keys of the route \
         off. Requires a route that declares `idempotent`."
    ),
    key!(concurrency, count_or_off, show_count, "How many requests the handler runs at a time, or `off`."),
    key!(
        breaker,
        on_or_off,
        show_on_or_off,
        "`off` switches the circuit breaker of the route off. Requires a route that declares `breaker`."
    ),
    key!(
        content_security_policy,
        header_value_or_off,
        show_header_value,
        "The `Content-Security-Policy` of the route's responses, pages or not, or `off`. A header that the handler \
         sets stays."
    ),
    key!(
        referrer_policy,
        header_value_or_off,
        show_header_value,
        "The `Referrer-Policy` of the route's responses, or `off`. A header that the handler sets stays."
    ),
];

fn time_or_off(text: &str) -> Result<Option<Duration>, String> {
    match duration_or_off(text)? {
        Some(Duration::ZERO) => Err("zero; nothing would be replayed, and `off` switches the policy off".to_owned()),
        time => Ok(time),
    }
}

fn count_or_off(text: &str) -> Result<Option<u32>, String> {
    match text.parse() {
        _ if text == "off" => Ok(None),
        Ok(0) => Err("zero; no request would be answered, and `off` removes the limit".to_owned()),
        Ok(count) => Ok(Some(count)),
        Err(_) => Err("not a number of requests such as `64`, and not `off`".to_owned()),
    }
}

fn show_count(count: &Option<u32>) -> String {
    count.map_or_else(|| "off".to_owned(), |count| count.to_string())
}
