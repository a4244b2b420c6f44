//! The processing of a request to one route, as text and as JSON.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{
    effective::EffectivePolicies,
    stack::{self, RouterPolicies},
    step::Step,
};
use crate::route::{GroupsOfRoute, RouteMeta};

/// One route with its policies, outermost first. `Display` is for a terminal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation {
    /// The method and the path: `GET /v2/users`.
    pub route: String,
    /// The declaration and its location.
    pub meta: &'static RouteMeta,
    /// The tags, from the declaration or from its groups.
    pub tags: &'static [&'static str],
    /// The version, from the declaration or from its groups.
    pub version: Option<&'static str>,
    /// The groups of the route, outermost first: `shop::admin (src/admin.rs:3), prefix /admin`.
    pub groups: Vec<String>,
    /// The policies in the order in which they act.
    pub steps: Vec<Step>,
}

/// Explains a route whose full path is `path`.
pub(crate) fn explain(
    meta: &'static RouteMeta,
    (path, groups): (&str, &GroupsOfRoute),
    policies: &EffectivePolicies,
    router: &RouterPolicies,
) -> Explanation {
    let mut names: Vec<String> = groups.iter().map(ToString::to_string).collect();
    names.reverse();
    Explanation {
        route: format!("{} {path}", meta.method),
        meta,
        tags: groups.tags(meta),
        version: groups.version(meta),
        groups: names,
        steps: stack::steps(policies, router),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.route)?;
        let mut around = None;
        for step in &self.steps {
            if around.replace(step.around_router) != Some(step.around_router) {
                writeln!(f, "  around {}", if step.around_router { "the router" } else { "the endpoint" })?;
            }
            write!(f, "    {:17} {} = {}", step.policy, step.setting, step.value)?;
            match &step.origin {
                Some(origin) => writeln!(f, " ({origin})")?,
                None => writeln!(f)?,
            }
        }
        for group in &self.groups {
            writeln!(f, "  group {group}")?;
        }
        writeln!(f, "  {}::{} ({})", self.meta.location.module_path, self.meta.handler, self.meta.location)
    }
}

impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meta = self.meta;
        let mut object = serializer.serialize_struct("Explanation", 12)?;
        object.serialize_field("route", &self.route)?;
        object.serialize_field("method", meta.method.as_str())?;
        object.serialize_field("path", self.route.split_once(' ').map_or("", |(_, path)| path))?;
        object.serialize_field("crate", meta.location.crate_name())?;
        object.serialize_field("handler", &format!("{}::{}", meta.location.module_path, meta.handler))?;
        object.serialize_field("location", &meta.location.to_string())?;
        object.serialize_field("summary", meta.summary)?;
        object.serialize_field("tags", self.tags)?;
        object.serialize_field("version", &self.version)?;
        object.serialize_field("operationId", &meta.operation_id)?;
        object.serialize_field("groups", &self.groups)?;
        object.serialize_field("policies", &self.steps)?;
        object.end()
    }
}
