//! What a client can call.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    change::{ChangeKind, ManifestChange},
    schema::resolve,
};
use crate::{
    manifest::{file::Manifest, route::ManifestRoute},
    openapi,
};

/// One method of one path.
#[derive(Debug)]
pub(super) struct ApiEndpoint<'a> {
    pub(super) path: &'a str,
    method: String,
    pub(super) operation: &'a Value,
    /// Parameters that all operations of the path have.
    pub(super) shared_parameters: Option<&'a Value>,
    /// `None` for an operation of a hand-written router.
    pub(super) route: Option<&'a ManifestRoute>,
}

/// The path without the names of its placeholders, and the method.
pub(super) type ApiEndpointKey = (String, String);

impl ApiEndpoint<'_> {
    pub(super) fn change(&self, kind: ChangeKind, what: impl Into<String>) -> ManifestChange {
        let route = format!("{} {}", self.method, self.path);
        ManifestChange { kind, route, what: what.into(), location: self.route.map(|route| route.location.clone()) }
    }
}

/// The members of a path item that are operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// All endpoints of the document. A route with every method is an endpoint for each of the usual methods.
pub(super) fn endpoints(manifest: &Manifest) -> BTreeMap<ApiEndpointKey, ApiEndpoint<'_>> {
    let mut endpoints = BTreeMap::new();
    for (path, item) in manifest.openapi["paths"].as_object().into_iter().flatten() {
        let item = resolve(&manifest.openapi, item);
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else { continue };
            let method = method.to_ascii_uppercase();
            let on_path = || manifest.routes.iter().filter(|route| openapi::path_of(&route.path) == *path);
            let own = on_path().find(|route| route.method == method);
            let route = own.or_else(|| on_path().find(|route| route.method == "ANY"));
            let key = (shape(path), method.clone());
            let shared_parameters = item.get("parameters");
            endpoints.insert(key, ApiEndpoint { path, method, operation, shared_parameters, route });
        }
    }
    endpoints
}

/// `/users/{id}` without the name: `/users/{}`.
fn shape(path: &str) -> String {
    let mut shape = String::new();
    let mut in_placeholder = false;
    for c in path.chars() {
        in_placeholder &= c != '}';
        if !in_placeholder {
            shape.push(c);
        }
        in_placeholder |= c == '{';
    }
    shape
}

/// The names of the placeholders of a path, in order.
pub(super) fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_has_no_names() {
        assert_eq!(shape("/users/{id}/files/{name}.json"), "/users/{}/files/{}.json");
        assert_eq!(placeholders("/users/{id}/files/{name}.json").collect::<Vec<_>>(), ["id", "name"]);
    }
}
