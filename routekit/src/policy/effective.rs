//! The settings that apply to a route, and where each came from.

use std::{fmt, time::Duration};

use crate::{
    breaker::CircuitBreaker,
    cache,
    concurrency::ConcurrencyLayer,
    config::{Config, RouteConfig},
    route::{Access, Audience, BreakerPolicy, CachePolicy, Deprecation, Invalidates, Policies, RequestText},
    setting::{Origin, Setting},
    units,
};

/// What applies to one route: configuration of the route, else its attribute, else what the app says for all routes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EffectivePolicies {
    /// Who may call it.
    pub access: Setting<Access>,
    /// How long the handler may take to its response head.
    pub timeout: Setting<Option<Duration>>,
    /// The largest body, in bytes.
    pub body_limit: Setting<u64>,
    /// From when on a request counts as slow.
    pub slow: Setting<Option<Duration>>,
    /// Since when, and until when, the route is deprecated.
    pub deprecation: Option<Deprecation>,
    /// How answers are cached.
    pub cache: Setting<Option<CachePolicy>>,
    /// What is invalid once it has ended.
    pub invalidates: Option<Invalidates>,
    /// The cached routes that declare `invalidate_on` this one.
    pub(crate) wanted_by: Vec<WantedBy>,
    /// What is invalid once it has ended, without a word.
    pub(crate) drops: Drops,
    /// How many requests the handler may have at a time.
    pub concurrency: Setting<Option<u32>>,
    /// Its circuit breaker, as it is declared.
    pub breaker: Setting<Option<BreakerPolicy>>,
    /// The breaker itself, and what counts its requests, once all routes are known.
    pub(crate) guards: Guards,
    /// Whether the route brings a tower layer of its own.
    pub layered: bool,
}

/// What a route shares with whoever watches it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guards {
    pub(crate) concurrency: Option<ConcurrencyLayer>,
    pub(crate) breaker: Option<CircuitBreaker>,
}

/// What is invalid after a request without anybody declaring it (RFC 9111 §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drops {
    /// Of a safe method, or where nothing is cached.
    Nothing,
    /// Its `Location` and its like: no cached route can be asked for by its URL.
    Named,
    /// The same, and its URL.
    Url,
}

/// A cached route that is invalid after another one.
#[derive(Debug, Clone)]
pub(crate) struct WantedBy {
    /// Its path template.
    pub(crate) template: String,
    pub(crate) partition: Option<RequestText>,
}

impl EffectivePolicies {
    /// `access` is for a route that does not say who may call it. No configuration does: who deploys an API does not open it.
    pub(crate) fn new(
        declared: Policies,
        route: Option<&RouteConfig>,
        config: &Config,
        access: &Setting<Access>,
    ) -> Self {
        let route = route.cloned().unwrap_or_else(|| RouteConfig::new(Origin::Default));
        let timeout = choose(route.timeout, declared.timeout.map(Some), &config.timeout);
        let cache = caching(route.cache_ttl, &config.cache_default_ttl, declared.cache);
        Self {
            access: choose(None, declared.access(), access),
            timeout: or_default_of_cached_routes(timeout, cache.is_some()),
            body_limit: choose(route.body_limit, declared.body_limit, &config.body_limit),
            slow: choose(route.slow, declared.slow.map(Some), &config.slow),
            deprecation: declared.deprecation,
            cache,
            invalidates: declared.invalidates,
            wanted_by: Vec::new(),
            drops: Drops::Nothing,
            concurrency: choose(route.concurrency, declared.concurrency.map(Some), &Setting::default_to(None)),
            breaker: breaking(route.breaker, declared.breaker),
            guards: Guards::default(),
            layered: declared.layered,
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

/// Configuration can change for how long, and whether; how, only the route knows. `default_ttl` is for routes that do not say how long.
fn caching(
    ttl: Option<Setting<Option<Duration>>>,
    default_ttl: &Setting<Option<Duration>>,
    declared: Option<CachePolicy>,
) -> Setting<Option<CachePolicy>> {
    let Some(caching) = declared else { return Setting::default_to(None) };
    let lasting = |ttl: Duration| CachePolicy { ttl: Some(ttl), ..caching };
    match (ttl, caching.ttl, **default_ttl) {
        (Some(ttl), _, _) => Setting::new(ttl.map(lasting), ttl.origin().clone()),
        (None, None, Some(ttl)) => Setting::new(Some(lasting(ttl)), default_ttl.origin().clone()),
        (None, _, _) => Setting::new(Some(caching), Origin::Attribute),
    }
}

/// Configuration can only switch it off.
fn breaking(on: Option<Setting<bool>>, declared: Option<BreakerPolicy>) -> Setting<Option<BreakerPolicy>> {
    match (on, declared) {
        (_, None) => Setting::default_to(None),
        (Some(on), Some(_)) if !*on => Setting::new(None, on.origin().clone()),
        (_, declared) => Setting::new(declared, Origin::Attribute),
    }
}

/// `payments: failure_rate 0.5, window 60s, …`
pub(super) fn show_breaker(policies: &EffectivePolicies) -> String {
    let Some(breaking) = &*policies.breaker else { return "off".to_owned() };
    let mut text = match (breaking.name, &policies.guards.breaker) {
        (Some(name), Some(breaker)) => format!("{name}: {}", breaker.settings()),
        (None, Some(breaker)) => breaker.settings().to_string(),
        (name, None) => name.unwrap_or("on").to_owned(),
    };
    if breaking.fallback.is_some() {
        text.push_str(", fallback");
    }
    text
}

/// A count, or `off`.
pub(super) fn show_count(count: &Option<u32>) -> String {
    count.map_or_else(|| "off".to_owned(), |count| count.to_string())
}

/// `ttl = 60s, users, user:{id}, per user`
pub(super) fn show_caching(caching: &Option<CachePolicy>) -> String {
    let Some(caching) = caching else { return "off".to_owned() };
    let ttl = caching.ttl.map_or_else(|| "as answers say".to_owned(), |ttl| format!("{ttl:?}"));
    let mut parts = vec![format!("ttl {ttl}")];
    let mut list = |name: &str, texts: &[&str]| {
        if !texts.is_empty() {
            parts.push(format!("{name} {}", texts.join(" ")));
        }
    };
    list("tags", caching.tags);
    list("vary", caching.vary);
    list("invalidate_on", caching.invalidate_on);
    parts.extend(caching.audience.map(|audience| match audience {
        Audience::Everyone => "shared".to_owned(),
        Audience::User => "per user".to_owned(),
    }));
    parts.extend(caching.partition.map(|_| "partitioned".to_owned()));
    parts.extend(caching.key.map(|_| "own key".to_owned()));
    parts.extend(caching.max_body.map(|bytes| format!("max_body {}", units::Bytes(bytes))));
    let times = [
        ("stale_while_revalidate", caching.stale_while_revalidate),
        ("stale_if_error", caching.stale_if_error),
        ("client_ttl", caching.client_ttl),
        ("cdn_ttl", caching.cdn_ttl),
    ];
    parts.extend(times.into_iter().filter_map(|(name, time)| Some(format!("{name} {:?}", time?))));
    parts.extend(caching.cdn_tags.map(|tags| format!("cdn_tags {}", tags.as_str())));
    if !caching.honour_client_directives {
        parts.push("honour_client_directives off".to_owned());
    }
    parts.join(", ")
}

/// `tags users, patterns /v2/*, all of /v2/users`; nothing if there is nothing.
fn show_invalidates(policies: &EffectivePolicies) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(invalidates) = &policies.invalidates {
        for (name, texts) in [("tags", invalidates.tags), ("patterns", invalidates.patterns)] {
            if !texts.is_empty() {
                parts.push(format!("{name} {}", texts.join(" ")));
            }
        }
        if invalidates.user {
            parts.push("what is the user's".to_owned());
        }
        if invalidates.partition.is_some() {
            parts.push("partitioned".to_owned());
        }
    }
    parts.extend(policies.wanted_by.iter().map(|wanted| match wanted.partition {
        Some(_) => format!("all of {} in the request's partition", wanted.template),
        None => format!("all of {}", wanted.template),
    }));
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The same with what nobody declares.
pub(super) fn show_all_invalidates(policies: &EffectivePolicies) -> String {
    let unsaid = match policies.drops {
        Drops::Nothing => None,
        Drops::Named => Some("what its answer names".to_owned()),
        Drops::Url => Some("its URL".to_owned()),
    };
    let parts: Vec<String> = unsaid.into_iter().chain(show_invalidates(policies)).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

fn choose<T: Clone>(route: Option<Setting<T>>, declared: Option<T>, app: &Setting<T>) -> Setting<T> {
    let declared = declared.map(|value| Setting::new(value, Origin::Attribute));
    route.or(declared).unwrap_or_else(|| app.clone())
}

/// On one line, without what is only a default: `timeout = 2s, body_limit = 64KiB (routekit.toml)`.
impl fmt::Display for EffectivePolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut part = |name: &str, value: String, origin: &Origin| match origin {
            Origin::Default | Origin::DefaultOf(_) => {}
            Origin::Attribute => parts.push(format!("{name} = {value}")),
            origin => parts.push(format!("{name} = {value} ({origin})")),
        };
        part("auth", self.access.to_string(), self.access.origin());
        part("timeout", units::show_duration(&self.timeout), self.timeout.origin());
        part("body_limit", units::Bytes(*self.body_limit).to_string(), self.body_limit.origin());
        part("slow", units::show_duration(&self.slow), self.slow.origin());
        if self.cache.is_some() || *self.cache.origin() != Origin::Default {
            part("cache", show_caching(&self.cache), self.cache.origin());
        }
        if let Some(invalidates) = show_invalidates(self) {
            part("invalidates", invalidates, &Origin::Attribute);
        }
        part("concurrency", show_count(&self.concurrency), self.concurrency.origin());
        if *self.breaker.origin() != Origin::Default {
            part("breaker", show_breaker(self), self.breaker.origin());
        }
        if self.deprecation.is_some() {
            parts.push("deprecated".to_owned());
        }
        if self.layered {
            parts.push("layer".to_owned());
        }
        f.pad(&parts.join(", "))
    }
}
