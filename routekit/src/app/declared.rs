//! A declared route with the policies that apply to it.

use crate::{
    base::setup_problem::{self, SetupProblem},
    performance::RouteFacts,
    policy::EffectivePolicies,
    route::{self, Audience, Description, GroupsOfRoute, RequestPart, Route, ServedMethods},
    statistics::{RouteIdentity, Statistics},
};

/// A route of the app with its policies, before and after they are wired to those of other routes.
pub(super) struct DeclaredRoute {
    pub(super) route: Route,
    /// The path with the prefixes of its groups and of the app.
    pub(super) path: String,
    /// The path with the prefixes of its groups only, by which other routes name this one.
    pub(super) path_in_app: String,
    pub(super) groups: GroupsOfRoute,
    pub(super) description: Description,
    pub(super) policies: EffectivePolicies,
}

impl DeclaredRoute {
    /// `GET /v2/users`
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.route.meta().method, self.path)
    }

    /// `GET /v2/users (src/users.rs:10)`
    pub(super) fn label(&self) -> String {
        route::label(&self.route, &self.path)
    }

    /// The route in statistics.
    pub(super) fn identity(&self) -> RouteIdentity {
        let meta = self.route.meta();
        RouteIdentity {
            method: meta.method.as_str().to_owned(),
            path: Some(self.path.clone()),
            version: self.groups.version(meta).map(str::to_owned),
            tags: self.groups.tags(meta).iter().map(|tag| (*tag).to_owned()).collect(),
            is_declared: true,
        }
    }

    /// The settings that advice depends on. The breakers must be wired.
    pub(super) fn facts(&self, statistics: &Statistics) -> RouteFacts {
        let identity = self.identity();
        RouteFacts {
            key: identity.key(),
            record: statistics.record(identity),
            method: self.route.meta().method,
            path: self.path.clone(),
            timeout: *self.policies.timeout,
            is_cached: self.policies.cache.is_some(),
            breaker: self.policies.guards.breaker.as_ref().map(|breaker| breaker.name().to_owned()),
        }
    }

    /// The methods of the requests that the route serves.
    pub(super) fn served(&self) -> ServedMethods {
        self.route.meta().method.served(self.description.upgrades())
    }

    /// The part of the request that the handler of a cached route takes and that the cache key does not hold, with the
    /// name of the argument. A function for `key` or `partition` may read anything.
    pub(super) fn unkeyed_part(&self) -> Option<(RequestPart, &'static str)> {
        let policy = (*self.policies.cache).filter(|policy| policy.key().is_none() && policy.partition().is_none())?;
        let varies_by = |names: &[&str]| policy.vary.iter().any(|name| names.contains(name));
        let is_keyed = |part| match part {
            RequestPart::Headers => !policy.vary.is_empty(),
            RequestPart::Cookies => varies_by(&["cookie"]),
            RequestPart::Address => false,
            RequestPart::Identity | RequestPart::Extension => {
                policy.audience() == Some(Audience::User) || varies_by(&["cookie", "authorization"])
            }
        };
        let parts = self.description.inputs.iter().filter_map(|input| Some((input.part()?, input.name)));
        parts.into_iter().find(|(part, _)| !is_keyed(*part))
    }
}

/// The problem that `named_by` names a route that the app does not have.
pub(super) fn unknown_route<'a>(
    route: &str,
    named_by: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> SetupProblem {
    let without_prefix = known.clone().filter(|known| is_without_prefix(route, known)).min_by_key(|known| known.len());
    let nearest = without_prefix.or_else(|| setup_problem::nearest(route, known));
    let nearest = setup_problem::did_you_mean(nearest);
    let message = format!("{named_by} names the route `{route}`, which the app does not have{nearest}");
    SetupProblem::new("unknown-route", message).at(named_by)
}

/// Whether `route` is `known` without the prefix of its group or of the app, as in its attribute: `GET /status` for
/// `GET /v2/status`.
fn is_without_prefix(route: &str, known: &str) -> bool {
    match (route.split_once(' '), known.split_once(' ')) {
        (Some((method, path)), Some((known_method, known_path))) => {
            method == known_method && path.len() > 1 && path.starts_with('/') && known_path.ends_with(path)
        }
        _ => false,
    }
}
