//! Where schemas with a name are in the document.

use serde_json::Value;

/// Where the schemas of requests are until both kinds are unified.
pub(super) const INPUTS: &str = "/components/inputs";
pub(super) const OUTPUTS: &str = "/components/schemas";

/// The name of the schema of requests that a schema refers to.
pub(super) fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix('#')?.strip_prefix(INPUTS)?.strip_prefix('/')
}
