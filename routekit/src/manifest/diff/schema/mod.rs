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

use serde_json::Value;

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
    /// Neither.
    None,
}

/// How deeply schemas may be nested.
const DEEPEST: usize = 96;

/// Compares the schemas of two documents.
pub(in crate::manifest) struct SchemaComparison<'a> {
    old: &'a Value,
    new: &'a Value,
    is_response: bool,
    /// The pairs that are compared already, so that recursive types have an end.
    seen: BTreeSet<(String, String)>,
    depth: usize,
    found: Vec<Difference>,
}

impl<'a> SchemaComparison<'a> {
    pub(in crate::manifest) fn of_requests(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, is_response: false, seen: BTreeSet::new(), depth: 0, found: Vec::new() }
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
        // A recursive type is written with references, so that it has a finite number of texts.
        if !self.seen.insert((old.to_string(), new.to_string())) {
            return;
        }
        if self.depth == DEEPEST {
            return self.add(path, "is nested too deeply to be compared", Effect::Other);
        }
        self.depth += 1;
        let (old, new) = (resolve::keywords(self.old, old), resolve::keywords(self.new, new));
        if resolve::is_composed(&old) || resolve::is_composed(&new) {
            self.alternatives(path, &old, &new);
        } else if self.types(path, &old, &new) {
            // Values of other types have other keywords.
            self.values(path, &old, &new);
            self.objects(path, &old, &new);
            self.lists(path, &old, &new);
        }
        self.depth -= 1;
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
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether a change from the first schema to the second breaks requests, and whether it breaks responses.
    fn breaks(old: &Value, new: &Value) -> (bool, bool) {
        let document = |schema: &Value| json!({ "components": { "schemas": { "T": schema } } });
        let (old, new) = (document(old), document(new));
        let any = |schemas: SchemaComparison<'_>| {
            let reference = json!({ "$ref": "#/components/schemas/T" });
            schemas.compare(&reference, &reference).iter().any(|difference| difference.is_breaking)
        };
        (any(SchemaComparison::of_requests(&old, &new)), any(SchemaComparison::of_responses(&old, &new)))
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

    /// Whether the document's schemas differ in a way that breaks requests.
    fn breaks_requests(old: &Value, new: &Value) -> bool {
        let document = |schemas: &Value| json!({ "components": { "schemas": schemas } });
        let (old, new) = (document(old), document(new));
        let reference = json!({ "$ref": "#/components/schemas/T" });
        SchemaComparison::of_requests(&old, &new).compare(&reference, &reference).iter().any(|found| found.is_breaking)
    }

    #[test]
    fn keywords_beside_a_reference_hide_nothing() {
        let tagged = |x: &str| {
            json!({
                "T": {
                    "properties": { "kind": { "const": "A" } },
                    "required": ["kind"],
                    "$ref": "#/components/schemas/A",
                },
                "A": { "properties": { "x": { "type": x } } },
            })
        };
        assert!(!breaks_requests(&tagged("string"), &tagged("string")));
        assert!(breaks_requests(&tagged("string"), &tagged("integer")));
        let limited = |own: u32, of_target: u32| {
            json!({
                "T": { "properties": {
                    "a": { "$ref": "#/components/schemas/S" },
                    "b": { "$ref": "#/components/schemas/S", "maxLength": own },
                } },
                "S": { "type": "string", "maxLength": of_target },
            })
        };
        assert!(breaks_requests(&limited(80, 100), &limited(40, 100)));
        assert!(breaks_requests(&limited(100, 80), &limited(100, 40)));
        let parts =
            |required: Value| json!({ "T": { "properties": { "a": {} }, "allOf": [{ "required": required }] } });
        assert!(breaks_requests(&parts(json!([])), &parts(json!(["a"]))));
    }

    #[test]
    fn encoded_references_are_followed() {
        let named =
            |kind: &str| json!({ "T": { "$ref": "#/components/schemas/Gr%C3%B6%C3%9Fe" }, "Größe": { "type": kind } });
        assert!(breaks_requests(&named("string"), &named("integer")));
    }

    #[test]
    fn variants_of_enums_may_be_documented() {
        let plain = json!({ "type": "string", "enum": ["A", "B"] });
        let documented = json!({ "oneOf": [
            { "type": "string", "enum": ["A"] },
            { "type": "string", "const": "B", "description": "the second" },
        ] });
        let data = json!({ "type": "object", "required": ["C"], "properties": { "C": {} } });
        let with_data = |unit: Value| json!({ "oneOf": [unit, data] });
        let one_of_two = |unit: Value| {
            json!({ "oneOf": [
                { "type": "string", "enum": ["A"] },
                unit,
                data,
            ] })
        };
        for (old, new) in [
            (plain.clone(), documented.clone()),
            (with_data(plain), one_of_two(json!({ "type": "string", "const": "B", "description": "the second" }))),
        ] {
            assert_eq!(breaks(&old, &new), (false, false), "{old} -> {new}");
            assert_eq!(breaks(&new, &old), (false, false), "{new} -> {old}");
        }
    }

    #[test]
    fn order_of_variants_means_nothing() {
        let (one, other) =
            (json!({ "properties": { "a": {} } }), json!({ "properties": { "b": { "type": "string" } } }));
        let (old, new) = (json!({ "anyOf": [one, other] }), json!({ "anyOf": [other, one] }));
        assert_eq!(breaks(&old, &new), (false, false));
    }

    #[test]
    fn recursive_types_that_are_written_differently_have_an_end() {
        let node = |child: Value| json!({ "T": { "properties": { "next": { "type": "array", "items": child } } } });
        let reference = json!({ "$ref": "#/components/schemas/T" });
        let optional = json!({ "anyOf": [reference, { "type": "null" }] });
        assert!(!breaks_requests(&node(reference.clone()), &node(optional.clone())));
        assert!(breaks_requests(&node(optional), &node(reference)));
        // Each type has two members of the next type.
        let chain = |of: &dyn Fn(String) -> Value| {
            let types = (0..28).map(|index| {
                let next = of(format!(
                    "#/components/schemas/T{}",
                    if index == 0 { "End".to_owned() } else { index.to_string() }
                ));
                let name = if index == 27 { "T".to_owned() } else { format!("T{}", index + 1) };
                (name, json!({ "properties": { "a": next, "b": next } }))
            });
            Value::Object(types.collect())
        };
        let plain = chain(&|name| json!({ "$ref": name }));
        let optional = chain(&|name| json!({ "anyOf": [{ "$ref": name }, { "type": "null" }] }));
        assert!(!breaks_requests(&plain, &optional));
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
        let found = SchemaComparison::of_requests(&nothing, &nothing)
            .compare(&list(json!({ "type": "string" })), &list(json!({ "type": "string", "maxLength": 64 })));
        let [Difference { path, what, .. }] = &*found else { panic!("{found:?}") };
        assert_eq!((path.as_str(), what.as_str()), ("items[].email", "has maxLength 64, had none"));
    }
}
