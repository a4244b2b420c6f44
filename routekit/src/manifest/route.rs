//! A route in a manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::access::ManifestAccess;
use crate::{
    policy::{EffectivePolicies, Explanation, RateLimitScope, Step},
    rate_limit::Limit,
};

/// A route with its effective policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManifestRoute {
    pub(super) method: String,
    /// As the router writes it: `/files/{*rest}`.
    pub(super) path: String,
    handler: String,
    /// `src/users.rs:10`
    pub(super) location: String,
    pub(super) api_version: Option<String>,
    pub(super) access: ManifestAccess,
    pub(super) rate_limits: Vec<ManifestLimit>,
    pub(super) timeout_ms: Option<u64>,
    pub(super) body_limit_bytes: u64,
    pub(super) concurrency: Option<u32>,
    /// All other settings, as `explain` shows them: `{"cache.cache": "ttl 300s, tags users"}`.
    pub(super) policies: BTreeMap<String, String>,
}

/// A rate limit: at most `requests` in `window_ms`, and `burst` at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ManifestLimit {
    pub(super) name: String,
    pub(super) requests: u32,
    pub(super) window_ms: u64,
    pub(super) burst: u32,
    /// Whether requests beyond the limit pass.
    pub(super) observes: bool,
    pub(super) scope: ManifestScope,
    /// As `explain` shows it: `1000/day burst=1000 per=user name=daily`.
    pub(super) text: String,
}

/// The routes that share the quota of a limit, from the fewest to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ManifestScope {
    Route,
    Group,
    App,
}

/// Settings with a member of their own.
const TYPED: [&str; 5] = ["auth", "body_limit", "concurrency", "rate_limit", "timeout"];

impl ManifestRoute {
    pub(crate) fn new(explanation: &Explanation, path: String, policies: &EffectivePolicies) -> Self {
        let meta = explanation.meta;
        // A step without an origin that is always on says nothing about the route.
        let says_nothing = |step: &Step| step.origin.is_none() && step.value == "on";
        let steps = explanation.steps.iter().filter(|step| !TYPED.contains(&step.policy) && !says_nothing(step));
        Self {
            method: meta.method().as_str().to_owned(),
            path,
            handler: format!("{}::{}", meta.location().module_path(), meta.handler()),
            location: meta.location().to_string(),
            api_version: explanation.version.map(str::to_owned),
            access: ManifestAccess::new(&policies.access),
            rate_limits: policies.rate_limits.iter().map(|limit| ManifestLimit::new(limit, policies)).collect(),
            timeout_ms: policies.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            body_limit_bytes: *policies.body_limit,
            concurrency: *policies.concurrency,
            policies: steps.map(|step| (format!("{}.{}", step.policy, step.setting), step.value.clone())).collect(),
        }
    }
}

impl ManifestLimit {
    fn new(limit: &Limit, policies: &EffectivePolicies) -> Self {
        let (scope, shared) = match policies.rate_limit_scope {
            RateLimitScope::Route => (ManifestScope::Route, ""),
            RateLimitScope::Group(_) => (ManifestScope::Group, ", one quota for the group"),
            RateLimitScope::App => (ManifestScope::App, ", one quota for the routes without a limit"),
        };
        Self {
            scope,
            name: limit.display_name().to_owned(),
            requests: limit.rate().requests(),
            window_ms: limit.rate().window_ms(),
            burst: limit.effective_burst(),
            observes: limit.observes(),
            text: format!("{limit}{shared}"),
        }
    }

    /// Whether it lets every series of requests pass that `other` lets pass.
    pub(super) fn admits_all_of(&self, other: &Self) -> bool {
        let faster = u128::from(self.requests) * u128::from(other.window_ms)
            >= u128::from(other.requests) * u128::from(self.window_ms);
        self.observes || !other.observes && faster && self.burst >= other.burst && self.scope <= other.scope
    }
}
