//! The settings that apply to a route, and where each came from.

use std::{fmt, time::Duration};

use crate::{
    config::{Config, RouteConfig},
    route::{Access, Deprecation, Policies},
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
    /// Whether the route brings a tower layer of its own.
    pub layered: bool,
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
        Self {
            access: choose(None, declared.access, access),
            timeout: choose(route.timeout, declared.timeout.map(Some), &config.timeout),
            body_limit: choose(route.body_limit, declared.body_limit, &config.body_limit),
            slow: choose(route.slow, declared.slow.map(Some), &config.slow),
            deprecation: declared.deprecation,
            layered: declared.layered,
        }
    }
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
            Origin::Default => {}
            Origin::Attribute => parts.push(format!("{name} = {value}")),
            origin => parts.push(format!("{name} = {value} ({origin})")),
        };
        part("auth", self.access.to_string(), self.access.origin());
        part("timeout", units::show_duration(&self.timeout), self.timeout.origin());
        part("body_limit", units::Bytes(*self.body_limit).to_string(), self.body_limit.origin());
        part("slow", units::show_duration(&self.slow), self.slow.origin());
        if self.deprecation.is_some() {
            parts.push("deprecated".to_owned());
        }
        if self.layered {
            parts.push("layer".to_owned());
        }
        f.pad(&parts.join(", "))
    }
}
