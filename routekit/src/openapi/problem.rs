//! The schema of problem documents (RFC 9457).

use serde_json::{Value, json};

/// The name of the schema.
pub(super) const NAME: &str = "Problem";
/// The media type of problems.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// The content of a response that is a problem.
pub(super) fn content() -> Value {
    json!({ MEDIA_TYPE: { "schema": { "$ref": format!("#/components/schemas/{NAME}") } } })
}

pub(super) fn schema() -> Value {
    json!({
        "description": "An error (RFC 9457). A problem may have more members than these.",
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "The kind of the problem. `about:blank`: the status says it all.",
            },
            "title": { "type": "string", "description": "A summary of the kind of the problem." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "description": "The status." },
            "detail": { "type": "string", "description": "An explanation of this occurrence." },
            "instance": { "type": "string", "format": "uri-reference", "description": "The path of the request." },
            "correlationId": { "type": "string", "description": "The id of the request in the logs of the server." },
            "errors": {
                "type": "array",
                "description": "What is wrong with the input.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "message"],
                    "properties": {
                        "pointer": {
                            "type": "string",
                            "description": "A JSON pointer into the body (RFC 6901), or the name of a parameter.",
                        },
                        "code": { "type": "string", "description": "The rule, such as `length`." },
                        "message": { "type": "string", "description": "What a correct value is." },
                        "params": { "type": "object", "description": "The parameters of the rule, such as `max`." },
                    },
                },
            },
        },
    })
}
