//! References, and schemas in the form that is compared.

use serde_json::{Map, Value, json};

/// How many references may follow each other.
const MOST: usize = 32;

/// The keywords that make a schema of others.
pub(super) const COMPOSED: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// What a value refers to, and the reference. A value without a reference is itself.
pub(in crate::manifest) fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> (Option<&'a str>, &'a Value) {
    let mut name = None;
    for _ in 0..MOST {
        let Some(reference) = value["$ref"].as_str() else { break };
        let Some(target) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) else { break };
        (name, value) = (name.or(Some(reference)), target);
    }
    (name, value)
}

/// Whether a schema is made of others.
pub(super) fn is_composed(keywords: &Map<String, Value>) -> bool {
    COMPOSED.iter().any(|keyword| keywords.contains_key(*keyword))
}

/// The keywords of a schema and of what it refers to. Annotations are left out.
pub(super) fn keywords(document: &Value, schema: &Value) -> Map<String, Value> {
    let mut keywords = Map::new();
    let mut schema = schema;
    for _ in 0..MOST {
        match schema {
            Value::Bool(false) => drop(keywords.insert("not".to_owned(), json!({}))),
            Value::Object(own) => {
                for (name, value) in own.iter().filter(|(name, _)| !is_annotation(name)) {
                    keywords.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            _ => {}
        }
        let target = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        let Some(target) = target.and_then(|pointer| document.pointer(pointer)) else { break };
        keywords.remove("$ref");
        schema = target;
    }
    one_of_constants(&mut keywords);
    keywords
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

/// An enum whose variants have descriptions is a list of constants: the same as `enum`.
fn one_of_constants(keywords: &mut Map<String, Value>) {
    if let Some(constant) = keywords.remove("const") {
        keywords.insert("enum".to_owned(), json!([constant]));
    }
    let Some(alternatives) = keywords.get("oneOf").and_then(Value::as_array) else { return };
    let constants = |alternative: &Value| {
        let members = alternative.as_object()?;
        let is_plain = |name: &String| ["const", "enum", "type"].contains(&name.as_str()) || is_annotation(name);
        let values = match (members.get("const"), members.get("enum")) {
            (Some(value), None) => vec![value.clone()],
            (None, Some(Value::Array(values))) => values.clone(),
            _ => return None,
        };
        members.keys().all(is_plain).then_some(values)
    };
    let all: Option<Vec<Vec<Value>>> = alternatives.iter().map(constants).collect();
    if let Some(values) = all {
        keywords.remove("oneOf");
        keywords.insert("enum".to_owned(), values.concat().into());
    }
}
