//! The operations of a document, in the order of the page.

use serde_json::Value;

use super::html::escape;

/// The methods of a path item, in the order of the page.
const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

/// An operation of the document.
pub(super) struct Operation<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'a str,
    pub(super) value: &'a Value,
}

impl Operation<'_> {
    /// The anchor of its section.
    pub(super) fn anchor(&self) -> String {
        let id =
            self.value["operationId"].as_str().map_or_else(|| format!("{} {}", self.method, self.path), str::to_owned);
        format!("operation-{}", escape(&id))
    }

    pub(super) fn tag(&self) -> &str {
        self.value["tags"][0].as_str().unwrap_or_default()
    }
}

/// All operations, by tag, then by path. Those without a tag come first.
pub(super) fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(value) = item.get(method) {
                operations.push(Operation { method, path, value });
            }
        }
    }
    operations.sort_by(|a, b| a.tag().cmp(b.tag()));
    operations
}
