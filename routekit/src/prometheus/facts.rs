//! What rules and boards are made from.

use std::time::Duration;

use crate::{
    policy::{EffectivePolicies, RateLimitScope},
    rate_limit::Limit,
    route::{Location, Method},
};

/// A route, as rules and boards name it.
#[derive(Debug, Clone)]
pub(crate) struct MonitoredRoute<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    /// The methods that other routes of the path take from one with every method.
    pub(crate) others: Vec<&'static str>,
    pub(crate) policies: &'a EffectivePolicies,
}

/// What an app has beside its routes.
#[derive(Debug, Clone, Default)]
pub(crate) struct MonitoringFacts {
    /// The name of the program.
    pub(crate) app: String,
    /// The requests that a route needs in five minutes before an alert of it is raised.
    pub(crate) min_requests: u64,
    /// `None` switches an alert off.
    pub(crate) cpu_percent: Option<u8>,
    /// In bytes.
    pub(crate) memory_growth: Option<u64>,
    pub(crate) scheduling_delay: Option<Duration>,
    /// Whether there is any breaker, those of the program included.
    pub(crate) has_breakers: bool,
    /// Whether the store of the cache is outside of the process.
    pub(crate) has_remote_cache: bool,
    pub(crate) has_health_checks: bool,
}

impl MonitoredRoute<'_> {
    /// `GET /v2/users`
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn is_cached(&self) -> bool {
        self.policies.cache.is_some()
    }

    /// Whether it has rate limits that count no other route.
    pub(crate) fn has_own_rate_limits(&self) -> bool {
        self.policies.rate_limit_scope == RateLimitScope::Route && !self.policies.rate_limits.is_empty()
    }

    pub(super) fn shares_a_rate_limit(&self) -> bool {
        self.policies.rate_limits.iter().any(Limit::is_shared)
    }
}

/// The name of the program with these routes: the package of the binary, or of the first route.
pub(crate) fn app_name<'a>(locations: impl Iterator<Item = &'a Location> + Clone) -> String {
    let packages = locations.map(Location::package);
    let program = packages.clone().find(|package| package.is_program).or_else(|| packages.clone().next());
    program.map_or_else(|| "app".to_owned(), |package| package.name.to_owned())
}
