//! What happens to a request of one route, for people and as JSON.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{EffectivePolicies, RouterPolicies, stack};
use crate::{route::RouteMeta, setting::Origin};

/// One route, and everything that stands around it, outermost first. `Display` is for a terminal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation {
    /// `GET /v2/users`
    pub route: String,
    /// What was declared, and where.
    pub meta: &'static RouteMeta,
    /// The policies in their order.
    pub steps: Vec<Step>,
}

/// One setting of one policy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Step {
    /// The policy, by the name of its module.
    pub policy: &'static str,
    /// Whether it stands around the router, for all requests alike, or around the route.
    pub around_router: bool,
    /// What is set.
    pub setting: &'static str,
    /// To what.
    pub value: String,
    /// Where that came from; `None` where there is nothing to set.
    pub origin: Option<Origin>,
}

impl Step {
    pub(super) fn router(policy: &'static str, setting: &'static str, value: String) -> Self {
        Self { policy, around_router: true, setting, value, origin: None }
    }

    pub(super) fn endpoint(policy: &'static str, setting: &'static str, value: String) -> Self {
        Self { policy, around_router: false, setting, value, origin: None }
    }

    pub(super) fn from(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

/// Explains a route of this path.
pub(crate) fn explain(
    meta: &'static RouteMeta,
    path: &str,
    policies: &EffectivePolicies,
    router: &RouterPolicies,
) -> Explanation {
    Explanation { route: format!("{} {path}", meta.method), meta, steps: stack::steps(policies, router) }
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
        writeln!(f, "  {}::{} ({})", self.meta.location.module_path, self.meta.handler, self.meta.location)
    }
}

impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meta = self.meta;
        let mut object = serializer.serialize_struct("Explanation", 11)?;
        object.serialize_field("route", &self.route)?;
        object.serialize_field("method", meta.method.as_str())?;
        object.serialize_field("path", self.route.split_once(' ').map_or("", |(_, path)| path))?;
        object.serialize_field("crate", meta.location.crate_name())?;
        object.serialize_field("handler", &format!("{}::{}", meta.location.module_path, meta.handler))?;
        object.serialize_field("location", &meta.location.to_string())?;
        object.serialize_field("summary", meta.summary)?;
        object.serialize_field("tags", meta.tags)?;
        object.serialize_field("version", &meta.version)?;
        object.serialize_field("operationId", &meta.operation_id)?;
        object.serialize_field("policies", &self.steps)?;
        object.end()
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Step", 5)?;
        object.serialize_field("policy", self.policy)?;
        object.serialize_field("around", if self.around_router { "router" } else { "endpoint" })?;
        object.serialize_field("setting", self.setting)?;
        object.serialize_field("value", &self.value)?;
        object.serialize_field("origin", &self.origin.as_ref().map(ToString::to_string))?;
        object.end()
    }
}
