//! The responses of an operation: those of the handler, and those of its policies.

use serde_json::{Map, Value, json};

use super::{
    facts::{ApiFacts, DocumentedRoute},
    headers,
    policy_responses::{self, PolicyResponse},
    problem,
    schemas::Schemas,
};
use crate::route::Output;

/// The responses by status. `default` is every other error, which is a problem too.
pub(super) fn responses(facts: &ApiFacts, route: &DocumentedRoute<'_>, schemas: &mut Schemas) -> Value {
    let mut responses: Map<String, Value> = Map::new();
    for output in &route.description.outputs {
        let (key, response) = of_handler(facts, route, output, schemas);
        combine(&mut responses, key, response);
    }
    for response in policy_responses::all(facts, route) {
        let PolicyResponse { status, texts, headers } = response;
        let mut value = json!({ "description": texts.join(" ") });
        if status >= 400 && !facts.own_problems {
            value["content"] = problem::content();
        }
        add_headers(&mut value, headers);
        match responses.get_mut(&status.to_string()) {
            // The handler itself answers with this status, too.
            Some(known) => join(known, value),
            None => drop(responses.insert(status.to_string(), value)),
        }
    }
    let mut other = json!({ "description": "Any other error." });
    if !facts.own_problems {
        other["content"] = problem::content();
    }
    combine(&mut responses, "default".to_owned(), other);
    add_content_of_parts(&mut responses);
    let everywhere = policy_responses::headers_of_all(facts, route);
    for response in responses.values_mut() {
        add_headers(response, everywhere.iter().copied());
    }
    responses.into()
}

/// A response of the handler, with its status, or with a class of statuses.
fn of_handler(
    facts: &ApiFacts,
    route: &DocumentedRoute<'_>,
    output: &Output,
    schemas: &mut Schemas,
) -> (String, Value) {
    let is_problem = output.media_type == Some(problem::MEDIA_TYPE);
    let key = match (output.status, output.failure || output.opaque) {
        (Some(status), _) => status.to_string(),
        (None, true) => "default".to_owned(),
        (None, false) => output.class.map_or_else(|| "2XX".to_owned(), |class| format!("{class}XX")),
    };
    let description = match (output.status, output.opaque, output.failure) {
        (Some(status), ..) => reason(status),
        (None, true, _) => "The response of the handler.",
        (None, false, true) => "An error of the handler.",
        (None, false, false) if output.class == Some(3) => "A redirection.",
        (None, false, false) => "Success.",
    };
    let mut response = json!({ "description": description });
    match output.media_type {
        Some(_) if is_problem && facts.own_problems => {}
        Some(_) if is_problem => response["content"] = problem::content(),
        Some(media_type) => {
            let schema = match (media_type, output.payload.type_name) {
                ("text/plain" | "text/html" | "text/event-stream", "") => json!({ "type": "string" }),
                (_, "") => json!({}),
                _ => schemas.output(&output.payload, &route.label()),
            };
            response["content"] = json!({ media_type: { "schema": schema } });
        }
        None => {}
    }
    if !output.failure && !output.opaque {
        add_headers(&mut response, policy_responses::headers_of_success(route));
    }
    (key, response)
}

/// A 206 has a part of what a 200 has, and its headers.
fn add_content_of_parts(responses: &mut Map<String, Value>) {
    let Some(whole) = responses.get("200").cloned() else { return };
    let Some(part) = responses.get_mut("206") else { return };
    let media_types = whole["content"].as_object().into_iter().flatten();
    let content: Map<String, Value> =
        media_types.map(|(media_type, _)| (media_type.clone(), json!({ "schema": {} }))).collect();
    join(part, json!({ "content": content, "headers": whole["headers"] }));
}

fn reason(status: u16) -> &'static str {
    let known = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.unwrap_or("A response of the handler.")
}

fn add_headers<'a>(response: &mut Value, names: impl IntoIterator<Item = &'a str>) {
    let references = headers::references(names);
    if references.is_empty() {
        return;
    }
    let Some(response) = response.as_object_mut() else { return };
    let all = response.entry("headers").or_insert_with(|| json!({}));
    if let Some(all) = all.as_object_mut() {
        all.extend(references);
    }
}

/// Adds a response to those with the same key, if there are some.
fn combine(responses: &mut Map<String, Value>, key: String, response: Value) {
    match responses.get_mut(&key) {
        Some(known) => join(known, response),
        None => drop(responses.insert(key, response)),
    }
}

/// Adds the text, the content and the headers of another response with the same status.
fn join(known: &mut Value, other: Value) {
    let text = format!("{} {}", text_of(known), text_of(&other));
    known["description"] = text.trim().into();
    let Value::Object(other) = other else { return };
    for name in ["content", "headers"] {
        let Some(Value::Object(more)) = other.get(name) else { continue };
        let Some(response) = known.as_object_mut() else { return };
        if let Some(all) = response.entry(name).or_insert_with(|| json!({})).as_object_mut() {
            for (key, value) in more {
                all.entry(key).or_insert_with(|| value.clone());
            }
        }
    }
}

fn text_of(response: &Value) -> &str {
    response["description"].as_str().unwrap_or_default()
}
