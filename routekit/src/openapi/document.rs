//! The OpenAPI document of a set of routes.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    facts::{ApiFacts, DocumentedRoute},
    headers,
    info::ApiInfo,
    merge,
    operation::{operation, operation_ids::OperationIds},
    problem,
    schemas::Schemas,
};
use crate::{config::OpenApiVersion, route::Method};

/// An OpenAPI document. `Display` and `Serialize` write it as JSON.
#[derive(Debug, Clone)]
pub struct OpenApiDocument {
    value: Value,
    warnings: Vec<String>,
}

impl OpenApiDocument {
    /// Returns the document.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.value
    }

    /// Returns what the document cannot say, such as the content of a type without a schema.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Pretty-printed JSON.
impl fmt::Display for OpenApiDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.value)
    }
}

impl Serialize for OpenApiDocument {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// The document of the routes whose version is wanted. All routes of the app count for the ids of operations, so that a
/// route has one id in all documents.
pub(crate) fn document<'a>(
    facts: &ApiFacts,
    routes: impl IntoIterator<Item = DocumentedRoute<'a>>,
    is_wanted: impl Fn(Option<&str>) -> bool,
) -> OpenApiDocument {
    let routes: Vec<DocumentedRoute<'_>> = routes.into_iter().flat_map(of_each_method).collect();
    let ids = OperationIds::of(&routes);
    let mut schemas = Schemas::new();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let wanted = routes.iter().enumerate().filter(|(_, route)| is_wanted(route.explanation.version));
    for (index, route) in wanted.clone() {
        // A route with this method itself comes before one with every method.
        let is_own = route.method == route.explanation.meta.method();
        let key = route.method.as_str().to_ascii_lowercase();
        let item = paths.entry(path_of(route.path)).or_default();
        if is_own || !item.contains_key(&key) {
            item.insert(key, operation(facts, route, ids.get(index), &mut schemas).into());
        }
    }
    let mut value = json!({
        "openapi": number(facts.version),
        "info": info(&facts.info),
        "paths": paths,
        "components": { "headers": headers::components() },
    });
    if !facts.info.servers.is_empty() {
        value["servers"] = facts.info.servers.iter().map(|url| json!({ "url": url })).collect();
    }
    let tags = tags(wanted.map(|(_, route)| route));
    if !tags.is_empty() {
        value["tags"] = tags.into();
    }
    if let Some(schemes) = facts.security.components() {
        value["components"]["securitySchemes"] = schemes;
    }
    if !facts.own_problems {
        value["components"]["schemas"] = json!({ problem::NAME: problem::schema() });
    }
    let mut warnings = schemas.finish(&mut value);
    for merged in &facts.info.merged {
        merge::add(&mut value, merged, &mut warnings);
    }
    merge::drop_unused_components(&mut value);
    OpenApiDocument { value, warnings }
}

/// The exact version of the specification.
fn number(version: OpenApiVersion) -> &'static str {
    match version {
        OpenApiVersion::V3_1 => "3.1.1",
        OpenApiVersion::V3_2 => "3.2.0",
    }
}

fn info(info: &ApiInfo) -> Value {
    let mut value = json!({ "title": info.title, "version": info.version });
    if let Some(description) = &info.description {
        value["description"] = description.as_str().into();
    }
    for (name, member) in &info.members {
        value[name] = member.clone();
    }
    value
}

/// All tags, in alphabetical order.
fn tags<'a>(routes: impl Iterator<Item = &'a DocumentedRoute<'a>>) -> Vec<Value> {
    let mut names: Vec<&str> = routes.flat_map(|route| route.explanation.tags.iter().copied()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

/// A path template of the router as OpenAPI writes it: `/files/{*rest}` is `/files/{rest}`.
pub(crate) fn path_of(path: &str) -> String {
    // `{{` and `}}` are braces of the path itself.
    let literal = path.replace("{{", "%7B").replace("}}", "%7D");
    literal.replace("{*", "{")
}

/// A route with every method as one route for each of the usual methods.
fn of_each_method(route: DocumentedRoute<'_>) -> Vec<DocumentedRoute<'_>> {
    if route.method != Method::Any {
        return vec![route];
    }
    let usual = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    usual.into_iter().map(|method| DocumentedRoute { method, ..route.clone() }).collect()
}
