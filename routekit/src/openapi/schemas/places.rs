//! Where schemas with a name are in the document.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Where the schemas of requests and of responses are until both are unified.
pub(super) const INPUTS: &str = "/components/inputs";
pub(super) const OUTPUTS: &str = "/components/outputs";

/// The name of the schema at `place` that a schema refers to.
pub(super) fn name_at(place: &str, reference: &str) -> Option<String> {
    let name = reference.strip_prefix('#')?.strip_prefix(place)?.strip_prefix('/')?;
    // A pointer in the fragment of a URI (RFC 6901 §6).
    Some(percent_decode_str(name).decode_utf8().ok()?.replace("~1", "/").replace("~0", "~"))
}

/// The name of the schema of requests that a schema refers to.
pub(super) fn name_of(schema: &Value) -> Option<String> {
    name_at(INPUTS, schema["$ref"].as_str()?)
}
