//! One operation: a route in the document.

pub(super) mod operation_ids;
mod parameters;

use serde_json::{Map, Value, json};

use self::parameters::parameters;
use super::{
    extensions,
    facts::{ApiFacts, DocumentedRoute},
    request_body::request_body,
    responses::responses,
    schemas::Schemas,
};

/// The operation of a route.
pub(super) fn operation(
    facts: &ApiFacts,
    route: &DocumentedRoute<'_>,
    id: &str,
    schemas: &mut Schemas,
) -> Map<String, Value> {
    let meta = route.explanation.meta;
    let mut operation = Map::new();
    let mut set = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    set("operationId", id.into());
    for (name, text) in [("summary", meta.summary()), ("description", meta.description())] {
        if !text.is_empty() {
            set(name, text.into());
        }
    }
    if !route.explanation.tags.is_empty() {
        set("tags", route.explanation.tags.into());
    }
    if route.policies.deprecation.is_some() {
        set("deprecated", true.into());
    }
    let parameters = parameters(route, schemas);
    if !parameters.is_empty() {
        set("parameters", parameters.into());
    }
    if let Some(body) = request_body(route, schemas) {
        set("requestBody", body);
    }
    set("responses", responses(facts, route, schemas));
    if let Some(security) = facts.security.of_route(&route.policies.access) {
        set("security", security);
    }
    if let Some(version) = route.explanation.version {
        set("x-routekit-version", json!(version));
    }
    for (name, value) in extensions::policies(&route.explanation.steps) {
        set(&name, value);
    }
    operation
}
