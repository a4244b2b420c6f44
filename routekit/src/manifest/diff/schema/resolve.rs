//! References, and schemas in the form that is compared.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// How many references may follow each other.
const MOST: usize = 32;

/// The keywords that make a schema of others.
const COMPOSED: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// What a value refers to. A value without a reference is itself.
pub(in crate::manifest) fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    for _ in 0..MOST {
        match target(document, value) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}

/// What the `$ref` of a value refers to: a JSON pointer in the fragment of a URI (RFC 6901 §6).
fn target<'a>(document: &'a Value, value: &Value) -> Option<&'a Value> {
    let pointer = value["$ref"].as_str()?.strip_prefix('#')?;
    document.pointer(&percent_decode_str(pointer).decode_utf8().ok()?)
}

/// The keywords of a schema, with those of what it refers to and of its `allOf`. Annotations are left out. What cannot
/// be merged is left in `allOf`.
pub(super) fn keywords(document: &Value, schema: &Value) -> Map<String, Value> {
    let mut keywords = Map::new();
    collect(document, schema, &mut keywords, 0);
    constants(&mut keywords);
    keywords
}

fn collect(document: &Value, schema: &Value, into: &mut Map<String, Value>, depth: usize) {
    match schema {
        // No value is valid.
        Value::Bool(false) => merge(into, "enum", &json!([])),
        Value::Object(own) => {
            let target = if depth < MOST { target(document, schema) } else { None };
            for (name, value) in own {
                let is_followed = name == "$ref" && target.is_some() || name == "allOf" && depth < MOST;
                // A keyword that is `false` says nothing, except these.
                let is_default = *value == Value::Bool(false)
                    && !["additionalProperties", "unevaluatedProperties", "items", "const"].contains(&name.as_str());
                if !is_followed && !is_annotation(name) && !is_default {
                    merge(into, name, value);
                }
            }
            if let Some(target) = target {
                collect(document, target, into, depth + 1);
            }
            if depth < MOST {
                let parts = own.get("allOf").and_then(Value::as_array).into_iter().flatten();
                parts.for_each(|part| collect(document, part, into, depth + 1));
            }
        }
        _ => {}
    }
}

/// Adds a keyword that must hold as well.
fn merge(into: &mut Map<String, Value>, name: &str, value: &Value) {
    let Some(known) = into.get_mut(name) else {
        into.insert(name.to_owned(), value.clone());
        return;
    };
    if known == value {
        return;
    }
    match (name, &mut *known, value) {
        ("properties", Value::Object(known), Value::Object(more)) => {
            for (member, schema) in more {
                match known.get_mut(member) {
                    Some(known) if known == schema => {}
                    Some(known) => *known = json!({ "allOf": [known.take(), schema] }),
                    None => drop(known.insert(member.clone(), schema.clone())),
                }
            }
        }
        ("required", Value::Array(known), Value::Array(more)) => {
            let new: Vec<Value> = more.iter().filter(|name| !known.contains(name)).cloned().collect();
            known.extend(new);
        }
        ("enum", Value::Array(known), Value::Array(other)) => known.retain(|value| other.contains(value)),
        ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", known, value) => {
            if value.as_f64() > known.as_f64() {
                *known = value.clone();
            }
        }
        ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", known, value) => {
            if value.as_f64() < known.as_f64() {
                *known = value.clone();
            }
        }
        ("type", known, value) => {
            let types = |value: &Value| match value {
                Value::Array(several) => several.clone(),
                one => vec![one.clone()],
            };
            let (own, other) = (types(known), types(value));
            *known = own.into_iter().filter(|name| other.contains(name)).collect();
        }
        ("additionalProperties" | "unevaluatedProperties", known, Value::Bool(false)) => *known = false.into(),
        ("allOf", Value::Array(known), Value::Array(more)) => known.extend(more.iter().cloned()),
        _ => {
            let rest = json!({ name: value });
            match into.get_mut("allOf") {
                Some(Value::Array(parts)) if !parts.contains(&rest) => parts.push(rest),
                Some(_) => {}
                None => drop(into.insert("allOf".to_owned(), json!([rest]))),
            }
        }
    }
}

/// Keywords that allow and refuse nothing.
fn is_annotation(name: &str) -> bool {
    const ANNOTATIONS: [&str; 12] = [
        "$comment",
        "$defs",
        "$schema",
        "default",
        "deprecated",
        "description",
        "discriminator",
        "example",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    ];
    ANNOTATIONS.contains(&name) || name.starts_with("x-")
}

/// Writes constants in one way: as `enum`, whose values say their types. `schemars` writes a variant of an enum with a
/// description as an alternative of its own.
fn constants(keywords: &mut Map<String, Value>) {
    if let Some(constant) = keywords.remove("const") {
        merge(keywords, "enum", &json!([constant]));
    }
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(alternatives)) = keywords.get(keyword) else { continue };
        let (mut values, mut others) = (Vec::new(), Vec::new());
        for alternative in alternatives {
            match only_constants(alternative) {
                Some(constants) => values.extend(constants),
                None => others.push(alternative.clone()),
            }
        }
        if others.is_empty() {
            keywords.remove(keyword);
            merge(keywords, "enum", &values.into());
        } else if !values.is_empty() {
            others.push(json!({ "enum": values }));
            keywords.insert(keyword.to_owned(), others.into());
        }
    }
    if keywords.contains_key("enum") {
        keywords.remove("type");
    }
}

/// The values of a schema that allows nothing but constants.
fn only_constants(schema: &Value) -> Option<Vec<Value>> {
    let members = schema.as_object()?;
    let is_plain = |name: &String| ["const", "enum", "type"].contains(&name.as_str()) || is_annotation(name);
    let values = match (members.get("const"), members.get("enum")) {
        (Some(value), None) => vec![value.clone()],
        (None, Some(Value::Array(values))) => values.clone(),
        _ => return None,
    };
    members.keys().all(is_plain).then_some(values)
}

/// Whether a schema is made of others.
pub(super) fn is_composed(keywords: &Map<String, Value>) -> bool {
    COMPOSED.iter().any(|keyword| keywords.contains_key(*keyword))
}

/// A schema as parts that must all hold, and alternatives. One of these must hold.
pub(super) struct SchemaParts {
    pub(super) all: Vec<Value>,
    pub(super) any: Vec<Value>,
}

impl SchemaParts {
    pub(super) fn of(keywords: &Map<String, Value>) -> Self {
        let list = |keyword: &str| keywords.get(keyword).and_then(Value::as_array).cloned();
        let mut rest = keywords.clone();
        rest.retain(|keyword, _| !COMPOSED.contains(&keyword.as_str()));
        let mut all = list("allOf").unwrap_or_default();
        let any = match (list("oneOf"), list("anyOf")) {
            (Some(one), any) => {
                // Both must hold. This is rare, and `anyOf` is then compared as a whole.
                all.extend(any.map(|any| json!({ "anyOf": any })));
                one
            }
            (None, Some(any)) => any,
            // A schema without alternatives is the only one.
            (None, None) => vec![Value::Object(std::mem::take(&mut rest))],
        };
        if !rest.is_empty() {
            all.push(rest.into());
        }
        Self { all, any }
    }
}

/// The names of members that must be there.
pub(super) fn required(keywords: &Map<String, Value>) -> BTreeSet<&str> {
    keywords.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
