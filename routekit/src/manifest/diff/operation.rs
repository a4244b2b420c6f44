//! What requests and responses of an operation may be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    change::ChangeKind,
    endpoints::{ApiEndpoint, placeholders},
    schema::{Difference, SchemaComparison, resolve},
};

/// A document and one of its operations.
type Of<'a> = (&'a Value, &'a ApiEndpoint<'a>);

type Add<'a> = &'a mut dyn FnMut(ChangeKind, String);

static NOTHING: Value = Value::Null;

/// Compares two operations, each with its document.
pub(super) fn compare(old: Of<'_>, new: Of<'_>, add: Add<'_>) {
    names(old.1.operation, new.1.operation, add);
    security(old.1, new.1, add);
    parameters(old, new, add);
    request_bodies(old, new, add);
    responses(old, new, add);
}

/// What generated clients are made from, and what people read.
fn names(old: &Value, new: &Value, add: Add<'_>) {
    if old["operationId"] != new["operationId"] {
        add(ChangeKind::Changed, format!("operationId: {} -> {}", old["operationId"], new["operationId"]));
    }
    let is_deprecated = |operation: &Value| operation["deprecated"] == true;
    if is_deprecated(old) != is_deprecated(new) {
        let what = if is_deprecated(new) { "the route is deprecated" } else { "the route is not deprecated any more" };
        add(ChangeKind::Changed, what.to_owned());
    }
}

/// The access to an operation of a hand-written router. That of a route is one of its policies.
fn security(old: &ApiEndpoint<'_>, new: &ApiEndpoint<'_>, add: Add<'_>) {
    let requires = |endpoint: &ApiEndpoint<'_>| {
        let schemes = endpoint.operation["security"].as_array();
        schemes.is_some_and(|schemes| !schemes.is_empty() && !schemes.contains(&serde_json::json!({})))
    };
    if old.route.is_some() || new.route.is_some() || old.operation["security"] == new.operation["security"] {
        return;
    }
    let kind = match (requires(old), requires(new)) {
        (true, false) => ChangeKind::Loosened,
        (false, true) => ChangeKind::Tightened,
        _ => ChangeKind::Changed,
    };
    add(kind, format!("security: {} -> {}", old.operation["security"], new.operation["security"]));
}

/// Parameters by their kind and name; placeholders by their position.
fn parameters((old_document, old): Of<'_>, (new_document, new): Of<'_>, add: Add<'_>) {
    let (before, after) = (named_parameters(old_document, old), named_parameters(new_document, new));
    for (key, (name, parameter)) in &before {
        let Some((_, other)) = after.get(key) else {
            add(ChangeKind::Breaking, format!("request: {name} is not read any more"));
            continue;
        };
        let is_required = |parameter: &Value| parameter["required"] == true;
        match (is_required(parameter), is_required(other)) {
            (false, true) => add(ChangeKind::Breaking, format!("request: {name} is required")),
            (true, false) => add(ChangeKind::Compatible, format!("request: {name} is optional")),
            _ => {}
        }
        if (&parameter["style"], &parameter["explode"]) != (&other["style"], &other["explode"]) {
            add(ChangeKind::Breaking, format!("request: {name} is written in another style"));
        }
        let schemas = SchemaComparison::of_requests(old_document, new_document);
        let differences = schemas.compare(schema_of(parameter), schema_of(other));
        report(differences, &format!("request: {name}"), add);
    }
    for (name, parameter) in after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, named)| named) {
        let (kind, is) = match parameter["required"] == true {
            true => (ChangeKind::Breaking, "new and required"),
            false => (ChangeKind::Compatible, "new"),
        };
        add(kind, format!("request: {name} is {is}"));
    }
}

/// What identifies a parameter, its name in messages, and its description.
fn named_parameters<'a>(document: &'a Value, endpoint: &'a ApiEndpoint<'a>) -> BTreeMap<String, (String, &'a Value)> {
    let shared = endpoint.shared_parameters.and_then(Value::as_array).into_iter().flatten();
    let own = endpoint.operation["parameters"].as_array().into_iter().flatten();
    let named = shared.chain(own).map(|parameter| {
        let parameter = resolve(document, parameter);
        let text = |member: &str| parameter[member].as_str().unwrap_or_default();
        let (place, name) = (text("in"), text("name"));
        let position = (place == "path").then(|| placeholders(endpoint.path).position(|other| other == name));
        let key = match position.flatten() {
            Some(position) => format!("path {position}"),
            None if place == "header" => format!("header {}", name.to_ascii_lowercase()),
            None => format!("{place} {name}"),
        };
        (key, (format!("{place} parameter `{name}`"), parameter))
    });
    named.collect()
}

fn request_bodies((old_document, old): Of<'_>, (new_document, new): Of<'_>, add: Add<'_>) {
    let body = |document, operation| resolve(document, member(operation, "requestBody"));
    let (before, after) = (body(old_document, old.operation), body(new_document, new.operation));
    let is_required = |body: &Value| body["required"] == true;
    match (before.is_null(), after.is_null()) {
        (true, true) => return,
        (true, false) if is_required(after) => return add(ChangeKind::Breaking, "request: a body is required".into()),
        (true, false) => return add(ChangeKind::Compatible, "request: a body may be sent".into()),
        (false, true) => return add(ChangeKind::Breaking, "request: the body is not read any more".into()),
        (false, false) => {}
    }
    match (is_required(before), is_required(after)) {
        (false, true) => add(ChangeKind::Breaking, "request: the body is required".into()),
        (true, false) => add(ChangeKind::Compatible, "request: the body is optional".into()),
        _ => {}
    }
    let (before, after) = (media_types(before), media_types(after));
    for (media_type, content) in &before {
        match after.get(media_type) {
            None => add(ChangeKind::Breaking, format!("request: {media_type} is not accepted any more")),
            Some(other) => {
                let schemas = SchemaComparison::of_requests(old_document, new_document);
                let differences = schemas.compare(&content["schema"], &other["schema"]);
                report(differences, &body_place("request", &before, media_type), add);
            }
        }
    }
    for media_type in after.keys().filter(|media_type| !before.contains_key(*media_type)) {
        add(ChangeKind::Compatible, format!("request: {media_type} is accepted"));
    }
}

fn responses((old_document, old): Of<'_>, (new_document, new): Of<'_>, add: Add<'_>) {
    let (before, after) = (members(member(old.operation, "responses")), members(member(new.operation, "responses")));
    let statuses: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for status in statuses {
        let (was, is) = (of_status(&before, status), of_status(&after, status));
        match (was, is) {
            (Some(was), Some(is)) => {
                let (was, is) = (resolve(old_document, was), resolve(new_document, is));
                response(status, (old_document, was), (new_document, is), add);
            }
            // Clients must expect any error; what they do after success depends on its status.
            (Some(_), None) if !is_expected(status) && !status.ends_with("XX") => {
                add(ChangeKind::Breaking, format!("response {status} is removed"));
            }
            (Some(_), None) => add(ChangeKind::Compatible, format!("response {status} is removed")),
            (None, _) if is_expected(status) => add(ChangeKind::Compatible, format!("response {status} is new")),
            (None, _) => add(ChangeKind::Breaking, format!("response {status} is new")),
        }
    }
}

/// The response of a status, or else of its class: `2XX`.
fn of_status<'a>(responses: &BTreeMap<&str, &'a Value>, status: &str) -> Option<&'a Value> {
    let class = || format!("{}XX", status.get(..1).unwrap_or_default());
    responses.get(status).or_else(|| responses.get(class().as_str())).copied()
}

fn response(status: &str, (old_document, old): (&Value, &Value), (new_document, new): (&Value, &Value), add: Add<'_>) {
    let place = format!("response {status}");
    let (old_types, new_types) = (media_types(old), media_types(new));
    for (media_type, content) in &old_types {
        match new_types.get(media_type) {
            None => add(ChangeKind::Breaking, format!("{place}: {media_type} is not sent any more")),
            Some(other) => {
                let schemas = SchemaComparison::of_responses(old_document, new_document);
                let differences = schemas.compare(&content["schema"], &other["schema"]);
                report(differences, &body_place(&place, &old_types, media_type), add);
            }
        }
    }
    for media_type in new_types.keys().filter(|media_type| !old_types.contains_key(*media_type)) {
        add(ChangeKind::Breaking, format!("{place}: {media_type} may be sent"));
    }
    let names = |response: &Value| -> BTreeSet<String> {
        members(member(response, "headers")).keys().map(|name| name.to_ascii_lowercase()).collect()
    };
    for header in names(old).difference(&names(new)) {
        add(ChangeKind::Breaking, format!("{place}: the header `{header}` is not sent any more"));
    }
}

/// `request: body`, with the media type if there are several.
fn body_place(place: &str, media_types: &BTreeMap<&str, &Value>, media_type: &str) -> String {
    if media_types.len() > 1 { format!("{place}: {media_type} body") } else { format!("{place}: body") }
}

/// The schema of a parameter, which may be that of its only content.
fn schema_of(parameter: &Value) -> &Value {
    let content = || member(parameter, "content").as_object()?.values().next()?.get("schema");
    parameter.get("schema").or_else(content).unwrap_or(&NOTHING)
}

/// Whether clients expect a status anyway: an error, or what only a request with a condition or a range gets.
fn is_expected(status: &str) -> bool {
    status.starts_with(['4', '5']) || ["default", "206", "304"].contains(&status)
}

/// Reports differences of schemas. `place` is what they describe.
fn report(differences: Vec<Difference>, place: &str, add: Add<'_>) {
    for Difference { path, what, is_breaking } in differences {
        let kind = if is_breaking { ChangeKind::Breaking } else { ChangeKind::Compatible };
        let separator = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        add(kind, format!("{place}{separator}{path} {what}"));
    }
}

fn media_types(body: &Value) -> BTreeMap<&str, &Value> {
    members(member(body, "content"))
}

fn members(object: &Value) -> BTreeMap<&str, &Value> {
    object.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value)).collect()
}

fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&NOTHING)
}
