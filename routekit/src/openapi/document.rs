//! The OpenAPI document of a set of routes.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    facts::{ApiFacts, DocumentedRoute},
    headers,
    info::ApiInfo,
    merge,
    operation::operation,
    operation_ids::OperationIds,
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

/// The document of these routes.
pub(crate) fn document<'a>(facts: &ApiFacts, routes: impl IntoIterator<Item = DocumentedRoute<'a>>) -> OpenApiDocument {
    let routes: Vec<DocumentedRoute<'_>> = routes.into_iter().collect();
    let ids = OperationIds::of(&routes);
    let mut schemas = Schemas::new();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (index, route) in routes.iter().enumerate() {
        let written = operation(facts, route, ids.get(index), &mut schemas);
        let item = paths.entry(path_of(route.path)).or_default();
        for method in methods(route.explanation.meta.method()) {
            let mut written = written.clone();
            if methods(route.explanation.meta.method()).len() > 1 {
                written.insert("operationId".to_owned(), format!("{}_{method}", ids.get(index)).into());
            }
            // A route with this method itself comes before one with every method.
            item.entry(*method).or_insert(Value::Object(written));
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
    let tags = tags(&routes);
    if !tags.is_empty() {
        value["tags"] = tags.into();
    }
    if let Some(schemes) = facts.security.components() {
        value["components"]["securitySchemes"] = schemes;
    }
    if !facts.own_problems {
        value["components"]["schemas"] = json!({ problem::NAME: problem::schema() });
    }
    let warnings = schemas.finish(&mut value);
    for more in &facts.info.more {
        merge::add(&mut value, more);
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
fn tags(routes: &[DocumentedRoute<'_>]) -> Vec<Value> {
    let mut names: Vec<&str> = routes.iter().flat_map(|route| route.explanation.tags.iter().copied()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

/// A path template of the router as OpenAPI writes it: `/files/{*rest}` is `/files/{rest}`.
fn path_of(path: &str) -> String {
    // `{{` and `}}` are braces of the path itself.
    let literal = path.replace("{{", "%7B").replace("}}", "%7D");
    literal.replace("{*", "{")
}

/// The keys of a path item. A route with every method has the usual ones.
fn methods(method: Method) -> &'static [&'static str] {
    match method {
        Method::Get => &["get"],
        Method::Head => &["head"],
        Method::Post => &["post"],
        Method::Put => &["put"],
        Method::Patch => &["patch"],
        Method::Delete => &["delete"],
        Method::Options => &["options"],
        Method::Any => &["get", "post", "put", "patch", "delete"],
    }
}
