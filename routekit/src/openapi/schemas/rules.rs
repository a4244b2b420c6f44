//! The rules of `#[derive(Validate)]` in a schema.
//!
//! `schemars` reads most of them from the attributes of a type that derives `JsonSchema`. This adds the others, and all
//! of them to a schema that was written by hand. A rule that JSON Schema cannot say becomes a sentence of the
//! description.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::places::name_of;
use crate::route::{FieldPlace, FieldRule, TypeRules};

/// Adds `rules` to the schema of their type. `ruled` are the names of the definitions that have theirs.
pub(super) fn apply(
    rules: &TypeRules,
    schema: &mut Value,
    definitions: &mut Map<String, Value>,
    ruled: &mut BTreeSet<String>,
) {
    let Some(name) = name_of(schema) else {
        return to_object(rules, schema, definitions, ruled);
    };
    if ruled.insert(name.clone())
        && let Some(mut definition) = definitions.get_mut(&name).map(Value::take)
    {
        to_object(rules, &mut definition, definitions, ruled);
        definitions.insert(name, definition);
    }
}

fn to_object(
    rules: &TypeRules,
    schema: &mut Value,
    definitions: &mut Map<String, Value>,
    ruled: &mut BTreeSet<String>,
) {
    if !make_object(schema) {
        return;
    }
    for field in &rules.fields {
        let property = match field.place {
            FieldPlace::Named(name) => schema.get_mut("properties").and_then(|properties| properties.get_mut(name)),
            FieldPlace::Whole => Some(&mut *schema),
            // The fields of the field's own type are beside the others.
            FieldPlace::Flattened => {
                if let Some(nested) = field.nested {
                    to_object(&TypeRules::of(nested), schema, definitions, ruled);
                }
                None
            }
        };
        let Some(property) = property else { continue };
        if !make_object(property) {
            continue;
        }
        let kind = ValueKind::of(property, definitions);
        for rule in &field.rules {
            if let Some(words) = constrain(rule, kind, property) {
                describe(property, &words);
            }
        }
        if let Some(nested) = field.nested
            && let Some(content) = content(property)
        {
            apply(&TypeRules::of(nested), content, definitions, ruled);
        }
    }
    for note in &rules.notes {
        describe(schema, note);
    }
}

/// Writes a schema that allows everything as an object. Returns false for one that allows nothing.
fn make_object(schema: &mut Value) -> bool {
    if *schema == true {
        *schema = json!({});
    }
    schema.is_object()
}

/// What a property is, which decides the keyword of its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Text,
    List,
    Map,
}

impl ValueKind {
    fn of(property: &Value, definitions: &Map<String, Value>) -> Self {
        let present = property["anyOf"].as_array().and_then(|parts| parts.iter().find(|part| part["type"] != "null"));
        let property = present.unwrap_or(property);
        let resolved = name_of(property).and_then(|name| definitions.get(&name)).unwrap_or(property);
        let is = |name: &str| {
            let kind = &resolved["type"];
            *kind == name || kind.as_array().is_some_and(|all| all.contains(&name.into()))
        };
        if is("array") {
            Self::List
        } else if is("object") {
            Self::Map
        } else {
            Self::Text
        }
    }

    fn length(self, end: &str) -> String {
        let noun = match self {
            Self::Text => "Length",
            Self::List => "Items",
            Self::Map => "Properties",
        };
        format!("{end}{noun}")
    }
}

/// Adds the keywords of a rule. Returns words for what they do not say.
///
/// They stand beside a `$ref`, and beside the alternatives of an `Option`. A keyword does not concern a value of
/// another type, such as `null`.
fn constrain(rule: &FieldRule, kind: ValueKind, property: &mut Value) -> Option<String> {
    let param = |name: &str| rule.params.get(name).filter(|value| !value.is_null()).cloned();
    let text = |name: &str| rule.params.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let stated = rule.message.map(|message| format!("Rule: {message}."));
    match rule.name {
        "length" => {
            for (name, ends) in [("min", &["min"][..]), ("max", &["max"]), ("equal", &["min", "max"])] {
                for (end, bound) in ends.iter().filter_map(|end| Some((end, param(name)?))) {
                    property[kind.length(end)] = bound;
                }
            }
            None
        }
        "range" => {
            let keywords = [
                ("min", "minimum"),
                ("max", "maximum"),
                ("exclusive_min", "exclusiveMinimum"),
                ("exclusive_max", "exclusiveMaximum"),
            ];
            for (name, keyword) in keywords {
                if let Some(bound) = param(name) {
                    property[keyword] = bound;
                }
            }
            None
        }
        "email" => set(property, "format", "email"),
        "url" => set(property, "format", "uri"),
        "ip" => {
            match &*text("method") {
                "validate_ipv4" => set(property, "format", "ipv4"),
                "validate_ipv6" => set(property, "format", "ipv6"),
                _ => {
                    // No format of JSON Schema, although `schemars` writes it.
                    if property["format"] == "ip"
                        && let Some(property) = property.as_object_mut()
                    {
                        property.remove("format");
                    }
                    also(property, json!({ "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] }));
                    None
                }
            }
        }
        "contains" if kind == ValueKind::Text => {
            add_pattern(property, &escape(&text("needle")));
            None
        }
        "does_not_contain" if kind == ValueKind::Text => {
            also(property, json!({ "not": { "pattern": escape(&text("needle")) } }));
            None
        }
        "non_control_character" => {
            add_pattern(property, r"^[^\u0000-\u001F\u007F-\u009F]*$");
            None
        }
        "credit_card" => {
            add_pattern(property, "^[0-9]{12,19}$");
            Some(stated.unwrap_or_else(|| "Rule: a card number with a valid check digit.".to_owned()))
        }
        "must_match" => Some(stated.unwrap_or_else(|| format!("Rule: the same value as `{}`.", text("other")))),
        "custom" => Some(stated.unwrap_or_else(|| format!("Rule: the value passes `{}`.", text("function")))),
        "contains" | "does_not_contain" => {
            let verb = if rule.name == "contains" { "contains" } else { "does not contain" };
            Some(stated.unwrap_or_else(|| format!("Rule: {verb} `{}`.", text("needle"))))
        }
        // `regex`, whose pattern only `schemars` knows, and `required`.
        _ => None,
    }
}

fn set(property: &mut Value, name: &str, value: &str) -> Option<String> {
    property[name] = value.into();
    None
}

/// Adds a pattern, beside another one if there is one.
fn add_pattern(property: &mut Value, pattern: &str) {
    match property.get("pattern").and_then(Value::as_str) {
        None => property["pattern"] = pattern.into(),
        Some(known) if known == pattern => {}
        Some(_) => also(property, json!({ "pattern": pattern })),
    }
}

/// Requires one more schema of the value.
fn also(property: &mut Value, schema: Value) {
    match property.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(all) if all.contains(&schema) => {}
        Some(all) => all.push(schema),
        None => property["allOf"] = json!([schema]),
    }
}

/// Adds a sentence to the description.
fn describe(schema: &mut Value, text: &str) {
    let description = match schema["description"].as_str() {
        Some(known) if !known.is_empty() => format!("{known}\n\n{text}"),
        _ => text.to_owned(),
    };
    schema["description"] = description.into();
}

/// The schema of the value itself in that of a field: without `Option`, and of an item of a list or a value of a map.
fn content(property: &mut Value) -> Option<&mut Value> {
    if property.get("$ref").is_some() {
        return Some(property);
    }
    for keyword in ["anyOf", "items", "additionalProperties"] {
        if property.get(keyword).is_none() {
            continue;
        }
        return match &mut property[keyword] {
            Value::Array(parts) => parts.iter_mut().find(|part| part["type"] != "null").and_then(content),
            Value::Bool(_) => None,
            inner => content(inner),
        };
    }
    Some(property)
}

/// A text as a pattern that matches only itself.
fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\^$.|?*+()[]{}/".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
