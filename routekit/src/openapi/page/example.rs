//! A value that a schema allows.

use serde_json::{Map, Value, json};

/// Schemas within each other are followed this far.
const DEPTH: usize = 8;

/// A value for `schema`, as far as its keywords say. A pattern is not solved.
pub(super) fn example(document: &Value, schema: &Value) -> Value {
    at_depth(document, schema, DEPTH)
}

fn at_depth(document: &Value, schema: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    for given in [schema["examples"].get(0), schema.get("default"), schema.get("const"), schema["enum"].get(0)] {
        if let Some(given) = given.filter(|given| !given.is_null()) {
            return given.clone();
        }
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        return target.map_or(Value::Null, |target| at_depth(document, target, depth));
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        let parts = schema[keyword].as_array().filter(|_| schema.get("type").is_none());
        if let Some(part) = parts.and_then(|parts| parts.iter().find(|part| part["type"] != "null")) {
            return at_depth(document, part, depth);
        }
    }
    match kind(schema) {
        "object" => object(document, schema, depth),
        "array" => {
            let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(1)).unwrap_or(1);
            // Lists within lists would multiply.
            let most = if depth + 4 < DEPTH { 1 } else { 4 };
            vec![at_depth(document, &schema["items"], depth); least.clamp(1, most)].into()
        }
        "integer" => integer(schema),
        "number" => number(schema),
        "boolean" => true.into(),
        "null" => Value::Null,
        _ => text(schema).into(),
    }
}

fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        _ if schema.get("properties").is_some() => "object",
        _ => "string",
    }
}

/// The fields that are required, or all if none is.
fn object(document: &Value, schema: &Value, depth: usize) -> Value {
    let Some(properties) = schema["properties"].as_object() else { return json!({}) };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let wanted = properties.iter().filter(|(name, _)| required.is_empty() || required.contains(&name.as_str()));
    let fields = wanted.map(|(name, property)| (name.clone(), at_depth(document, property, depth)));
    fields.collect::<Map<_, _>>().into()
}

/// 1.5, or a number between the limits.
fn number(schema: &Value) -> Value {
    let bound = |name: &str| schema[name].as_f64();
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum")).unwrap_or(f64::MIN);
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum")).unwrap_or(f64::MAX);
    if least < 1.5 && 1.5 < most {
        return json!(1.5);
    }
    match (least > f64::MIN, most < f64::MAX) {
        (true, true) => json!(least / 2.0 + most / 2.0),
        (true, false) => json!(least + 1.0),
        _ => json!(most - 1.0),
    }
}

fn integer(schema: &Value) -> Value {
    let least =
        schema["minimum"].as_i64().or_else(|| schema["exclusiveMinimum"].as_i64().map(|bound| bound.saturating_add(1)));
    let most = schema["maximum"].as_i64().or_else(|| schema["exclusiveMaximum"].as_i64()?.checked_sub(1));
    let most = most.unwrap_or(i64::MAX);
    // One is a likely number, unless the limits are narrower.
    1.max(least.unwrap_or(1)).min(most).into()
}

fn text(schema: &Value) -> String {
    let known = match schema["format"].as_str() {
        Some("uuid") => "6f1f8f0e-9c5b-4a3e-8f53-2f2b1c8f7a10",
        Some("email") => "ann@example.com",
        Some("uri") => "https://example.com/",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("date") => "2026-01-31",
        Some("time") => "12:00:00",
        Some("ipv4" | "ip") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        _ => "text",
    };
    let length = |name: &str| schema[name].as_u64().and_then(|length| usize::try_from(length).ok());
    let least = length("minLength").unwrap_or(0).min(1024);
    let mut text = known.to_owned();
    while text.len() < least {
        text.push('x');
    }
    if let Some(most) = length("maxLength") {
        text.truncate(most);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_keeps_to_its_schema() {
        let document = json!({ "components": { "schemas": {
            "User": { "type": "object", "required": ["email", "tags"], "properties": {
                "email": { "type": "string", "format": "email" },
                "tags": { "type": "array", "minItems": 2, "items": { "type": "string", "maxLength": 2 } },
                "friend": { "anyOf": [{ "$ref": "#/components/schemas/User" }, { "type": "null" }] },
            } },
            "Loop": { "type": "object", "required": ["next"], "properties": {
                "next": { "$ref": "#/components/schemas/Loop" },
            } },
        } } });
        for (schema, expected) in [
            (
                json!({ "$ref": "#/components/schemas/User" }),
                json!({ "email": "ann@example.com", "tags": ["te", "te"] }),
            ),
            (json!({ "type": "integer", "minimum": 5 }), json!(5)),
            (json!({ "type": "integer", "maximum": 0 }), json!(0)),
            (json!({ "type": ["string", "null"], "minLength": 6 }), json!("textxx")),
            (json!({ "type": "integer", "default": 20 }), json!(20)),
            (json!({ "type": "integer", "exclusiveMinimum": i64::MAX }), json!(i64::MAX)),
            (json!({ "type": "integer", "exclusiveMaximum": 1 }), json!(0)),
            (json!({ "type": "number", "exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0 }), json!(0.5)),
            (json!({ "type": "number", "minimum": 2 }), json!(3.0)),
        ] {
            assert_eq!(example(&document, &schema), expected);
        }
        assert!(example(&document, &json!({ "$ref": "#/components/schemas/Loop" })).is_object());
    }
}
