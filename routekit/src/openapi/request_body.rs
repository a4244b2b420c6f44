//! The body of a request.

use serde_json::{Value, json};

use super::{facts::DocumentedRoute, schemas::Schemas};
use crate::route::{Input, InputSource, Method};

/// The body that a route takes, if it takes one.
pub(super) fn request_body(route: &DocumentedRoute<'_>, schemas: &mut Schemas) -> Option<Value> {
    let input = body_of(route)?;
    let media_type = input.media_type.unwrap_or("*/*");
    let schema = match (media_type, input.payload.type_name) {
        ("text/plain", "") => json!({ "type": "string" }),
        ("multipart/form-data" | "application/x-www-form-urlencoded", "") => json!({ "type": "object" }),
        // Any bytes.
        (_, "") => json!({}),
        _ => schemas.input(&input.payload, &route.label()),
    };
    Some(json!({ "required": input.required, "content": { media_type: { "schema": schema } } }))
}

/// The argument that reads the body.
pub(super) fn body_of<'a>(route: &DocumentedRoute<'a>) -> Option<&'a Input> {
    // A GET route with a `Request` does not expect a body.
    let has_no_body = matches!(route.method, Method::Get | Method::Head | Method::Delete | Method::Options);
    let is_whole_request = |input: &&Input| has_no_body && input.media_type == Some("*/*") && input.part().is_some();
    route.description.inputs.iter().find(|input| input.source == InputSource::Body && !is_whole_request(input))
}
