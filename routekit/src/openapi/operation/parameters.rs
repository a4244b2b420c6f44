//! The parameters of an operation: placeholders of the path, the query string, and headers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::openapi::{facts::DocumentedRoute, schemas::Schemas};
use crate::route::{Input, InputSource};

/// Headers that OpenAPI describes elsewhere, and not as parameters.
const NOT_PARAMETERS: [&str; 3] = ["accept", "authorization", "content-type"];

pub(in crate::openapi) fn parameters(route: &DocumentedRoute<'_>, schemas: &mut Schemas) -> Vec<Value> {
    let mut parameters = path(route, schemas);
    for input in &route.description.inputs {
        match input.source {
            InputSource::Query => parameters.extend(query(route, input, schemas)),
            InputSource::Header => parameters.extend(header(input, schemas)),
            _ => {}
        }
    }
    if let Some(policy) = &*route.policies.idempotent {
        parameters.push(json!({
            "examples": { "a key": { "value": "\"order-1\"" } },
            "name": "Idempotency-Key",
            "in": "header",
            "required": policy.required(),
            "description": "A string in double quotes that is unique to the request. A repeated request gets the \
                            response of the first one.",
            "schema": { "type": "string", "pattern": "^\"[\\x20\\x21\\x23-\\x5B\\x5D-\\x7E]{1,255}\"$" },
        }));
    }
    // Two arguments may read one parameter. Names of headers have no case.
    let mut known = BTreeSet::new();
    parameters.retain(|parameter| {
        let (place, name) = (&parameter["in"], parameter["name"].as_str().unwrap_or_default());
        let name = if place == "header" { name.to_ascii_lowercase() } else { name.to_owned() };
        known.insert((place.to_string(), name))
    });
    parameters
}

/// The names of the placeholders of a template, in order; those that take several segments are marked.
fn placeholders(template: &str) -> Vec<(&str, bool)> {
    let mut rest = template;
    let mut names = Vec::new();
    while let Some(start) = rest.find('{') {
        rest = &rest[start + 1..];
        if let Some(behind) = rest.strip_prefix('{') {
            rest = behind;
            continue;
        }
        let Some(end) = rest.find('}') else { break };
        let name = &rest[..end];
        names.push((name.trim_start_matches('*'), name.starts_with('*')));
        rest = &rest[end + 1..];
    }
    names
}

/// Every placeholder, whether the handler takes it as an argument, within a struct or a tuple, or not at all.
fn path(route: &DocumentedRoute<'_>, schemas: &mut Schemas) -> Vec<Value> {
    let inputs: Vec<&Input> =
        route.description.inputs.iter().filter(|input| input.source == InputSource::Path).collect();
    let fields = inputs.iter().find_map(|input| schemas.properties(&input.payload));
    let items = inputs.iter().find_map(|input| schemas.items(&input.payload));
    let placeholders = placeholders(route.path);
    let parameter = |(index, (name, is_rest)): (usize, &(&str, bool))| {
        let within = fields.as_ref().and_then(|fields| fields.properties.get(*name));
        let within = within.or_else(|| items.as_ref()?.get(index)).cloned();
        let own = || {
            let named = inputs.iter().find(|input| input.name == *name);
            // `Path<u64>` has the name of its argument.
            let only = if placeholders.len() == 1 { inputs.first() } else { None };
            let schema = schemas.value_of(&named.or(only)?.payload)?;
            // Several values that are not known one by one.
            (!["array", "object"].iter().any(|kind| schema["type"] == *kind)).then_some(schema)
        };
        let mut schema = within.or_else(own).filter(Value::is_object).unwrap_or_else(|| json!({ "type": "string" }));
        make_value(&mut schema);
        // The router matches no empty segment.
        if schema["type"] == "string" && schema.get("format").is_none() && schema.get("enum").is_none() {
            let least = schema["minLength"].as_u64().unwrap_or(0).max(1);
            schema["minLength"] = least.into();
        }
        let mut parameter = json!({ "name": name, "in": "path", "required": true, "schema": schema });
        if *is_rest {
            parameter["description"] = "The rest of the path, which may have slashes.".into();
        }
        move_description(&mut parameter);
        parameter
    };
    placeholders.iter().enumerate().map(parameter).collect()
}

/// A parameter for each field of the type. A type whose fields are not known is one parameter.
fn query(route: &DocumentedRoute<'_>, input: &Input, schemas: &mut Schemas) -> Vec<Value> {
    if input.payload.type_name.is_empty() {
        return Vec::new();
    }
    let Some(object) = schemas.properties(&input.payload) else {
        let schema = schemas.input(&input.payload, &route.label());
        return vec![json!({
            "name": input.name, "in": "query", "style": "form", "explode": true, "schema": schema,
        })];
    };
    let parameter = |(name, mut schema): (String, Value)| {
        make_value(&mut schema);
        let is_required = input.required && object.required.contains(&name);
        let mut parameter = json!({ "name": name, "in": "query", "schema": schema });
        if is_required {
            parameter["required"] = true.into();
        }
        move_description(&mut parameter);
        parameter
    };
    object.properties.clone().into_iter().map(parameter).collect()
}

fn header(input: &Input, schemas: &mut Schemas) -> Option<Value> {
    // `HeaderMap` has the name of its argument.
    let is_name = !input.name.is_empty() && input.part().is_none();
    if !is_name || NOT_PARAMETERS.iter().any(|name| name.eq_ignore_ascii_case(input.name)) {
        return None;
    }
    let schema = schemas.value_of(&input.payload).filter(Value::is_object);
    let mut schema = schema.unwrap_or_else(|| json!({ "type": "string" }));
    make_value(&mut schema);
    let mut parameter = json!({ "name": input.name, "in": "header", "required": input.required, "schema": schema });
    move_description(&mut parameter);
    Some(parameter)
}

/// Removes what a text in a URL cannot be: `null`, and a default of `null`.
fn make_value(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(parts)) = object.get_mut("anyOf") {
        parts.retain(|part| part["type"] != "null");
        if let [Value::Object(only)] = &parts[..] {
            let only: Map<String, Value> = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}

/// The description of a field becomes that of the parameter.
fn move_description(parameter: &mut Value) {
    let text = parameter["schema"].as_object_mut().and_then(|schema| schema.remove("description"));
    if let Some(text) = text
        && parameter.get("description").is_none()
    {
        parameter["description"] = text;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_beside_braces() {
        assert_eq!(placeholders("/a/{id}/{*rest}"), [("id", false), ("rest", true)]);
        assert_eq!(placeholders("/{{a}}/{b}"), [("b", false)]);
        assert_eq!(placeholders("/a"), []);
    }

    #[test]
    fn text_in_a_url_is_never_null() {
        for (mut schema, expected) in [
            (json!({ "type": ["integer", "null"], "default": null }), json!({ "type": "integer" })),
            (json!({ "anyOf": [{ "$ref": "#/x" }, { "type": "null" }] }), json!({ "$ref": "#/x" })),
            (json!({ "type": ["string", "integer"] }), json!({ "type": ["string", "integer"] })),
            (json!({ "type": "integer", "default": 1 }), json!({ "type": "integer", "default": 1 })),
        ] {
            make_value(&mut schema);
            assert_eq!(schema, expected);
        }
    }
}
