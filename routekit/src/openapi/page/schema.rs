//! Schemas in words.

use serde_json::Value;

use super::html::{escape, paragraphs, table};
use crate::openapi::schemas::numbers;

/// The section of a named schema.
pub(super) fn section(name: &str, schema: &Value) -> String {
    let body = match schema["properties"].as_object() {
        Some(properties) => {
            let required = |name: &String| {
                schema["required"].as_array().is_some_and(|all| all.contains(&Value::from(name.as_str())))
            };
            let rows = properties.iter().map(|(name, property)| {
                let needed = if required(name) { "yes" } else { "" };
                [
                    format!("<code>{}</code>", escape(name)),
                    type_of(property),
                    needed.to_owned(),
                    paragraphs(property["description"].as_str().unwrap_or_default()),
                ]
            });
            table(["Field", "Type", "Required", ""], &rows.collect::<Vec<_>>())
        }
        None => format!("<p>{}</p>", type_of(schema)),
    };
    format!(
        "<section id=\"schema-{0}\"><h3>{0}</h3>{1}{body}</section>",
        escape(name),
        paragraphs(schema["description"].as_str().unwrap_or_default()),
    )
}

/// A type in a few words, with a link if it has a name: `integer (uint32), 1 to 100`.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>{1}", escape(name), limits(schema));
    }
    for (keyword, word) in [("oneOf", "one of "), ("anyOf", "")] {
        if let Some(parts) = schema[keyword].as_array() {
            let parts: Vec<String> = parts.iter().map(type_of).collect();
            return format!("{word}{}", parts.join(" or "));
        }
    }
    if let Some(value) = schema.get("const") {
        return format!("<code>{}</code>", escape(&value.to_string()));
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|value| format!("<code>{}</code>", escape(&value.to_string()))).collect();
        return values.join(", ");
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any value".to_owned(),
    };
    let format = schema["format"].as_str().map(|format| format!(" ({})", escape(format))).unwrap_or_default();
    let content = if kind == "array" && schema.get("items").is_some() {
        format!(" of {}", type_of(&schema["items"]))
    } else {
        String::new()
    };
    format!("{}{format}{content}{}", escape(&kind), limits(schema))
}

/// Whether a limit is that of the integer's type.
fn is_limit_of_type(schema: &Value, name: &str) -> bool {
    let of_type = schema["format"].as_str().and_then(numbers::limits);
    let limit = of_type.map(|(least, most)| if name == "minimum" { least } else { most });
    limit.is_some_and(|limit| schema[name] == Value::Number(limit))
}

/// The limits of a value.
fn limits(schema: &Value) -> String {
    let bound = |name: &str| schema.get(name).map(|bound| escape(&bound.to_string()));
    let mut limits = Vec::new();
    for (least, most, unit) in [
        ("minimum", "maximum", ["", ""]),
        ("minLength", "maxLength", [" character", " characters"]),
        ("minItems", "maxItems", [" item", " items"]),
        ("minProperties", "maxProperties", [" entry", " entries"]),
    ] {
        // The limits of an integer type are in the name of its format.
        let of_type = |name: &str| unit[0].is_empty() && is_limit_of_type(schema, name);
        let (least, most) = (bound(least).filter(|_| !of_type(least)), bound(most).filter(|_| !of_type(most)));
        let unit = |count: &str| unit[usize::from(count != "1")];
        match (least, most) {
            (Some(least), Some(most)) if least == most => limits.push(format!("{least}{}", unit(&least))),
            (Some(least), Some(most)) => limits.push(format!("{least} to {most}{}", unit(&most))),
            (Some(least), None) => limits.push(format!("at least {least}{}", unit(&least))),
            (None, Some(most)) => limits.push(format!("at most {most}{}", unit(&most))),
            (None, None) => {}
        }
    }
    limits.extend(bound("exclusiveMinimum").map(|bound| format!("more than {bound}")));
    limits.extend(bound("exclusiveMaximum").map(|bound| format!("less than {bound}")));
    let pattern = schema["pattern"].as_str();
    limits.extend(pattern.map(|pattern| format!("pattern <code>{}</code>", escape(pattern))));
    limits.extend(bound("default").map(|value| format!("default <code>{value}</code>")));
    limits.iter().map(|limit| format!(", {limit}")).collect()
}
