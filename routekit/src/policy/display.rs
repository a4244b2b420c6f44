//! Settings as `explain` and the route table display them.

use std::{fmt, time::Duration};

use super::{
    effective::{Drops, EffectivePolicies},
    security_headers::shown_header,
};
use crate::{
    base::{setting::Origin, units},
    rate_limit::Limit,
    route::{Audience, CachePolicy, Deprecation, IdempotentPolicy},
};

/// The value, or `off`.
pub(super) struct OrOff<T>(pub(super) Option<T>);

impl<T: fmt::Display> fmt::Display for OrOff<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("off"),
        }
    }
}

/// `10/s burst=20 per=ip name=ip, 1000/day …`, or `off`.
pub(super) struct ShownLimits<'a>(pub(super) &'a [Limit]);

impl fmt::Display for ShownLimits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits: Vec<String> = self.0.iter().map(Limit::to_string).collect();
        f.write_str(if limits.is_empty() { "off".to_owned() } else { limits.join(", ") }.as_str())
    }
}

/// `since @1767225600, until Thu, 31 Dec 2026 23:59:59 GMT`
pub(super) struct ShownDeprecation(pub(super) Deprecation);

impl fmt::Display for ShownDeprecation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "since {}", self.0.since)?;
        self.0.sunset.map_or(Ok(()), |sunset| write!(f, ", until {sunset}"))
    }
}

/// `payments: failure_rate 0.5, window 60s, …`
pub(super) struct ShownBreaker<'a>(pub(super) &'a EffectivePolicies);

impl fmt::Display for ShownBreaker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(policy) = &*self.0.breaker else { return f.write_str("off") };
        match (policy.name, &self.0.guards.breaker) {
            (Some(name), Some(breaker)) => write!(f, "{name}: {}", breaker.settings())?,
            (None, Some(breaker)) => breaker.settings().fmt(f)?,
            (name, None) => f.write_str(name.unwrap_or("on"))?,
        }
        if policy.fallback.is_some() {
            f.write_str(", fallback")?;
        }
        if policy.fallback_on_error.is_some() { f.write_str(", fallback_on_error") } else { Ok(()) }
    }
}

/// `ttl 60s, tags users user:{id}, per user`
pub(super) struct ShownCache<'a>(pub(super) &'a CachePolicy);

impl fmt::Display for ShownCache<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.0;
        match policy.ttl {
            Some(ttl) => write!(f, "ttl {ttl:?}")?,
            None => f.write_str("ttl from responses")?,
        }
        list(f, "tags", policy.tags)?;
        list(f, "vary", policy.vary)?;
        list(f, "invalidate_on", policy.invalidate_on)?;
        match policy.audience {
            Some(Audience::Everyone) => f.write_str(", shared")?,
            Some(Audience::User) => f.write_str(", per user")?,
            None => {}
        }
        if policy.partition.is_some() {
            f.write_str(", partitioned")?;
        }
        if policy.key.is_some() {
            f.write_str(", own key")?;
        }
        if let Some(bytes) = policy.max_body {
            write!(f, ", max_body {}", units::Bytes(bytes))?;
        }
        if let Some(bytes) = policy.compress_stored {
            write!(f, ", compress_stored {}", units::Bytes(bytes))?;
        }
        let mut time = |name: &str, time: Option<Duration>| time.map_or(Ok(()), |time| write!(f, ", {name} {time:?}"));
        time("stale_while_revalidate", policy.stale_while_revalidate)?;
        time("stale_if_error", policy.stale_if_error)?;
        time("client_ttl", policy.client_ttl)?;
        time("cdn_ttl", policy.cdn_ttl)?;
        if let Some(header) = policy.cdn_tags {
            write!(f, ", cdn_tags {}", header.as_str())?;
        }
        if let Some(consistency) = policy.consistency {
            write!(f, ", consistency {}", consistency.as_str())?;
        }
        if policy.honour_client_directives { Ok(()) } else { f.write_str(", honour_client_directives off") }
    }
}

/// `ttl 24h, required, max_body 1MiB`
pub(super) struct ShownIdempotent<'a>(pub(super) &'a IdempotentPolicy);

impl fmt::Display for ShownIdempotent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IdempotentPolicy { ttl, required, max_body } = *self.0;
        f.write_str("on")?;
        if let Some(ttl) = ttl {
            write!(f, ", ttl {}", units::show(&ttl))?;
        }
        if required {
            f.write_str(", required")?;
        }
        max_body.map_or(Ok(()), |bytes| write!(f, ", max_body {}", units::Bytes(bytes)))
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, values: &[&str]) -> fmt::Result {
    if values.is_empty() { Ok(()) } else { write!(f, ", {name} {}", values.join(" ")) }
}

/// The declared invalidations of a route: `tags users, patterns /v2/*, all of /v2/users`. `None` if there are none.
fn declared_invalidation(policies: &EffectivePolicies) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(invalidates) = &policies.invalidates {
        for (name, values) in [("tags", invalidates.tags), ("patterns", invalidates.patterns)] {
            if !values.is_empty() {
                parts.push(format!("{name} {}", values.join(" ")));
            }
        }
        if invalidates.user {
            parts.push("the user's responses".to_owned());
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

/// The invalidations of a route, declared or not, or `nothing`.
pub(super) struct ShownInvalidation<'a>(pub(super) &'a EffectivePolicies);

impl fmt::Display for ShownInvalidation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let undeclared = match self.0.drops {
            Drops::Nothing => None,
            Drops::Named => Some("URLs that its response names"),
            Drops::Url => Some("its URL"),
        };
        match (undeclared, declared_invalidation(self.0)) {
            (None, None) => f.write_str("nothing"),
            (Some(undeclared), None) => f.write_str(undeclared),
            (None, Some(declared)) => f.write_str(&declared),
            (Some(undeclared), Some(declared)) => write!(f, "{undeclared}, {declared}"),
        }
    }
}

/// On one line, without defaults: `timeout = 2s, body_limit = 64KiB (routekit.toml)`.
impl fmt::Display for EffectivePolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut part = |name: &str, value: &dyn fmt::Display, origin: &Origin| match origin {
            Origin::Default | Origin::DefaultOf(_) => {}
            Origin::Attribute => parts.push(format!("{name} = {value}")),
            origin => parts.push(format!("{name} = {value} ({origin})")),
        };
        part("auth", &*self.access, self.access.origin());
        part("rate_limit", &ShownLimits(&self.rate_limits), self.rate_limits.origin());
        part("timeout", &units::show_duration(&self.timeout), self.timeout.origin());
        part("body_limit", &units::Bytes(*self.body_limit), self.body_limit.origin());
        part("slow", &units::show_duration(&self.slow), self.slow.origin());
        part("alert_error_rate", &OrOff(*self.alert.error_rate), self.alert.error_rate.origin());
        if self.alert.mean != self.slow {
            part("alert_mean", &units::show_duration(&self.alert.mean), self.alert.mean.origin());
        }
        part("alert_p99", &units::show_duration(&self.alert.p99), self.alert.p99.origin());
        part("slo_availability", &OrOff(*self.slo.availability), self.slo.availability.origin());
        part("slo_latency", &OrOff(*self.slo.latency), self.slo.latency.origin());
        part("cache", &OrOff(self.cache.as_ref().map(ShownCache)), self.cache.origin());
        part("idempotent", &OrOff(self.idempotent.as_ref().map(ShownIdempotent)), self.idempotent.origin());
        if let Some(declared) = declared_invalidation(self) {
            part("invalidates", &declared, &Origin::Attribute);
        }
        part("concurrency", &OrOff(*self.concurrency), self.concurrency.origin());
        part("breaker", &ShownBreaker(self), self.breaker.origin());
        for (name, setting) in self.security_headers.own_settings() {
            part(name, &shown_header(setting), setting.origin());
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
