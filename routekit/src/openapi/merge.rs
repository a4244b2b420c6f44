//! Adds the document of a hand-written router, and removes components that nothing refers to.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Adds `paths`, `components` and `tags` of another document. What is there already stays, with a warning if it is
/// another thing of the same name.
pub(super) fn add(document: &mut Value, more: &Value, warnings: &mut Vec<String>) {
    for (path, item) in more["paths"].as_object().into_iter().flatten() {
        add_members(&mut document["paths"][path], item, path, warnings);
    }
    for (kind, components) in more["components"].as_object().into_iter().flatten() {
        add_members(&mut document["components"][kind], components, kind, warnings);
    }
    for tag in more["tags"].as_array().into_iter().flatten() {
        if document["tags"].is_null() {
            document["tags"] = Value::Array(Vec::new());
        }
        if let Some(known) = document["tags"].as_array_mut()
            && !known.iter().any(|known| known["name"] == tag["name"])
        {
            known.push(tag.clone());
        }
    }
}

fn add_members(known: &mut Value, more: &Value, place: &str, warnings: &mut Vec<String>) {
    if known.is_null() {
        *known = Value::Object(Map::new());
    }
    let (Some(known), Some(more)) = (known.as_object_mut(), more.as_object()) else { return };
    for (name, value) in more {
        match known.get(name) {
            None => drop(known.insert(name.clone(), value.clone())),
            Some(same) if same == value => {}
            Some(_) => {
                warnings.push(format!("a merged OpenAPI document has another `{name}` in `{place}`: it is left out"));
            }
        }
    }
}

/// Removes schemas and headers that neither an operation nor a component that is used refers to.
pub(super) fn drop_unused_components(document: &mut Value) {
    let mut used = BTreeSet::new();
    let mut found = references(&document["paths"]);
    for (kind, components) in document["components"].as_object().into_iter().flatten() {
        if !PRUNED.contains(&kind.as_str()) {
            found.extend(references(components));
        }
    }
    while let Some(reference) = found.pop() {
        // A reference is a URI, in which some characters of names are encoded.
        let reference = percent_decode_str(&reference).decode_utf8_lossy().into_owned();
        if let Some(component) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) {
            let further = references(component);
            if used.insert(reference) {
                found.extend(further);
            }
        }
    }
    let Some(kinds) = document["components"].as_object_mut() else { return };
    for kind in PRUNED {
        if let Some(Value::Object(components)) = kinds.get_mut(kind) {
            components.retain(|name, _| used.contains(&format!("#/components/{kind}/{}", escaped(name))));
        }
    }
    kinds.retain(|_, components| components.as_object().is_none_or(|components| !components.is_empty()));
    if kinds.is_empty()
        && let Some(document) = document.as_object_mut()
    {
        document.remove("components");
    }
}

/// The kinds of components that are made whether they are used or not.
const PRUNED: [&str; 2] = ["schemas", "headers"];

/// A part of a JSON pointer (RFC 6901 §3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The values of all `$ref` in a value.
fn references(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => found.push(reference.clone()),
                    // Of a `discriminator`.
                    Value::Object(targets) if name == "mapping" => {
                        found.extend(targets.values().filter_map(Value::as_str).map(str::to_owned));
                    }
                    member => collect(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn components_are_kept_if_something_refers_to_them() {
        let mut document = json!({
            "paths": { "/": { "get": { "x": [
                { "$ref": "#/components/schemas/A~1B" },
                { "$ref": "#/components/schemas/%C3%84" },
            ] } } },
            "components": {
                "schemas": {
                    "Ä": {},
                    "A/B": { "items": { "$ref": "#/components/schemas/C" } },
                    "C": { "items": { "$ref": "#/components/schemas/A~1B" } },
                    "D": { "items": { "$ref": "#/components/schemas/D" } },
                },
                "headers": { "Age": {} },
                "securitySchemes": { "bearer": {} },
            },
        });
        drop_unused_components(&mut document);
        let expected = json!({
            "schemas": {
                "Ä": {},
                "A/B": { "items": { "$ref": "#/components/schemas/C" } },
                "C": { "items": { "$ref": "#/components/schemas/A~1B" } },
            },
            "securitySchemes": { "bearer": {} },
        });
        assert_eq!(document["components"], expected);
    }

    #[test]
    fn what_is_there_stays() {
        let mut document = json!({ "paths": { "/a": { "get": 1 } }, "tags": [{ "name": "a", "x": 1 }] });
        let more = json!({
            "paths": { "/a": { "get": 2, "put": 3 }, "/b": { "get": 4 } },
            "tags": [{ "name": "a" }, { "name": "b" }],
            "components": { "schemas": { "B": {} } },
        });
        let mut warnings = Vec::new();
        add(&mut document, &more, &mut warnings);
        assert_eq!(warnings, ["a merged OpenAPI document has another `get` in `/a`: it is left out"]);
        let expected = json!({
            "paths": { "/a": { "get": 1, "put": 3 }, "/b": { "get": 4 } },
            "tags": [{ "name": "a", "x": 1 }, { "name": "b" }],
            "components": { "schemas": { "B": {} } },
        });
        assert_eq!(document, expected);
    }
}
