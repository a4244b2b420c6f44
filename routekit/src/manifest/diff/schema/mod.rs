//! Whether a value that one JSON Schema allows is one that another allows.
//!
//! A request must not become narrower: what was valid would be refused. A response must not become wider: clients would
//! receive what they do not expect. The comparison goes keyword by keyword, which is exact for the schemas of types.
//! Where it cannot tell, such as for two different patterns, a difference is breaking.

mod alternatives;
mod keywords;
mod objects;
mod resolve;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(super) use self::resolve::resolve;

/// A difference of two schemas.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::manifest) struct Difference {
    /// The place in the value: `items[].email`. Empty for the value itself.
    pub(in crate::manifest) path: String,
    /// What is different: `is required`.
    pub(in crate::manifest) what: String,
    pub(in crate::manifest) is_breaking: bool,
}

/// How the set of valid values changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Some values are not valid any more.
    Narrower,
    /// Some values become valid.
    Wider,
    /// Both, or it is not known.
    Other,
    /// None of both.
    None,
}

/// Compares the schemas of two documents.
pub(in crate::manifest) struct Schemas<'a> {
    old: &'a Value,
    new: &'a Value,
    is_response: bool,
    /// The references that are compared already, so that recursive types have an end.
    seen: BTreeSet<(String, String)>,
    found: Vec<Difference>,
}

impl<'a> Schemas<'a> {
    pub(in crate::manifest) fn of_requests(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, is_response: false, seen: BTreeSet::new(), found: Vec::new() }
    }

    pub(in crate::manifest) fn of_responses(old: &'a Value, new: &'a Value) -> Self {
        Self { is_response: true, ..Self::of_requests(old, new) }
    }

    /// Returns the differences of a schema of the old document and one of the new document.
    pub(in crate::manifest) fn compare(mut self, old: &Value, new: &Value) -> Vec<Difference> {
        self.walk("", old, new);
        self.found
    }

    fn walk(&mut self, path: &str, old: &Value, new: &Value) {
        if let (Some(before), Some(after)) = (old["$ref"].as_str(), new["$ref"].as_str())
            && !self.seen.insert((before.to_owned(), after.to_owned()))
        {
            return;
        }
        let (old, new) = (self.keywords(self.old, old), self.keywords(self.new, new));
        if resolve::is_composed(&old) || resolve::is_composed(&new) {
            self.alternatives(path, &old, &new);
            return;
        }
        // Values of other types have other keywords.
        if self.types(path, &old, &new) {
            self.values(path, &old, &new);
            self.objects(path, &old, &new);
            self.lists(path, &old, &new);
        }
    }

    fn add(&mut self, path: &str, what: impl Into<String>, effect: Effect) {
        let is_breaking = match effect {
            Effect::None => false,
            Effect::Other => true,
            Effect::Narrower => !self.is_response,
            Effect::Wider => self.is_response,
        };
        self.found.push(Difference { path: path.to_owned(), what: what.into(), is_breaking });
    }

    /// The keywords of a schema, with those that it refers to.
    fn keywords(&self, document: &Value, schema: &Value) -> Map<String, Value> {
        resolve::keywords(document, schema)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether a change from the first schema to the second breaks requests, and whether it breaks responses.
    fn breaks(old: &Value, new: &Value) -> (bool, bool) {
        let document = |schema: &Value| json!({ "components": { "schemas": { "T": schema } } });
        let (old, new) = (document(old), document(new));
        let any = |schemas: Schemas<'_>| {
            let reference = json!({ "$ref": "#/components/schemas/T" });
            schemas.compare(&reference, &reference).iter().any(|difference| difference.is_breaking)
        };
        (any(Schemas::of_requests(&old, &new)), any(Schemas::of_responses(&old, &new)))
    }

    #[test]
    fn narrower_schema_breaks_requests_and_wider_one_breaks_responses() {
        for (wide, narrow) in [
            (json!({}), json!({ "type": "string" })),
            (json!(true), json!({ "type": "string" })),
            (json!({ "type": ["string", "null"] }), json!({ "type": "string" })),
            (json!({ "type": "number" }), json!({ "type": "integer" })),
            (json!({ "type": "string" }), json!({ "type": "string", "minLength": 1 })),
            (json!({ "type": "string", "maxLength": 9 }), json!({ "type": "string", "maxLength": 8 })),
            (json!({ "type": "integer", "minimum": 1 }), json!({ "type": "integer", "exclusiveMinimum": 1 })),
            (json!({ "type": "integer", "maximum": 9 }), json!({ "type": "integer", "maximum": 8.5 })),
            (json!({ "type": "string" }), json!({ "type": "string", "pattern": "^a" })),
            (json!({ "type": "string" }), json!({ "type": "string", "format": "email" })),
            (json!({ "enum": ["a", "b"] }), json!({ "enum": ["a"] })),
            (json!({ "oneOf": [{ "const": "a" }, { "const": "b" }] }), json!({ "enum": ["b"] })),
            (json!({ "type": "array" }), json!({ "type": "array", "uniqueItems": true })),
            (json!({ "items": { "type": "number" } }), json!({ "items": { "type": "integer" } })),
            (
                json!({
                    "anyOf": [{ "$ref": "#/components/schemas/T/$defs/S" }, { "type": "null" }],
                    "$defs": { "S": { "type": "string", "minLength": 1 } },
                }),
                json!({ "type": "string", "minLength": 1 }),
            ),
            (json!({ "properties": { "a": {} } }), json!({ "properties": { "a": {} }, "required": ["a"] })),
            (json!({ "properties": { "a": {} } }), json!({ "properties": { "a": { "type": "string" } } })),
            (
                json!({ "additionalProperties": { "type": "number" } }),
                json!({ "additionalProperties": { "type": "integer" } }),
            ),
            (json!({ "allOf": [{ "type": "string" }] }), json!({ "allOf": [{ "type": "string", "minLength": 1 }] })),
        ] {
            assert_eq!(breaks(&wide, &narrow), (true, false), "{wide} -> {narrow}");
            assert_eq!(breaks(&narrow, &wide), (false, true), "{narrow} -> {wide}");
            assert_eq!((breaks(&wide, &wide), breaks(&narrow, &narrow)), ((false, false), (false, false)));
        }
    }

    #[test]
    fn other_differences_break_both() {
        for (old, new) in [
            (json!({ "type": "string" }), json!({ "type": "integer" })),
            (json!({ "pattern": "^a" }), json!({ "pattern": "^b" })),
            (json!({ "properties": { "a": {} } }), json!({ "properties": {} })),
            (json!({ "not": { "type": "string" } }), json!({ "not": { "type": "null" } })),
            (
                json!({ "properties": { "a": {} }, "required": ["a"] }),
                json!({ "properties": { "b": {} }, "required": ["b"] }),
            ),
        ] {
            assert_eq!(breaks(&old, &new), (true, true), "{old} -> {new}");
        }
    }

    #[test]
    fn annotations_and_new_optional_properties_break_nothing() {
        for (old, new) in [
            (json!({ "title": "A", "description": "a" }), json!({ "description": "b", "examples": [1], "default": 1 })),
            (json!({ "properties": {} }), json!({ "properties": { "a": { "type": "string" } } })),
            (
                json!({ "enum": ["a", "b"] }),
                json!({ "oneOf": [{ "const": "b", "description": "B" }, { "const": "a" }] }),
            ),
            (json!({ "type": "integer", "format": "int32", "minimum": 0 }), json!({ "type": "integer", "minimum": 0 })),
        ] {
            assert_eq!(breaks(&old, &new), (false, false), "{old} -> {new}");
        }
    }

    #[test]
    fn recursive_type_is_compared_once() {
        let tree = |leaf: &str| {
            json!({ "properties": {
                "leaf": { "type": leaf },
                "children": { "type": "array", "items": { "$ref": "#/components/schemas/T" } }
            } })
        };
        assert_eq!(breaks(&tree("string"), &tree("string")), (false, false));
        assert_eq!(breaks(&tree("string"), &tree("integer")), (true, true));
    }

    #[test]
    fn places_are_named() {
        let list =
            |email: Value| json!({ "properties": { "items": { "items": { "properties": { "email": email } } } } });
        let nothing = Value::Null;
        let found = Schemas::of_requests(&nothing, &nothing)
            .compare(&list(json!({ "type": "string" })), &list(json!({ "type": "string", "maxLength": 64 })));
        let [Difference { path, what, .. }] = &*found else { panic!("{found:?}") };
        assert_eq!((path.as_str(), what.as_str()), ("items[].email", "has maxLength 64, had none"));
    }
}
