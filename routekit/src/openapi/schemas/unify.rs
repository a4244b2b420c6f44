//! One set of schemas, from those of requests and those of responses.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::places::{INPUTS, OUTPUTS, name_at};

/// What the name of a schema of requests ends with, if the schema of responses of this name is another one.
const SUFFIX: &str = "Input";
/// Where the schemas of a document are in the end.
const SCHEMAS: &str = "/components/schemas";
/// The characters of a name that a reference may have as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the schemas under their final names, which are not `taken`, and rewrites the references of `document`.
pub(super) fn unify(
    inputs: Map<String, Value>,
    outputs: Map<String, Value>,
    taken: &BTreeSet<String>,
    document: &mut Value,
) -> Map<String, Value> {
    let different = different(&inputs, &outputs);
    let all: BTreeSet<String> = inputs.keys().chain(outputs.keys()).chain(taken).cloned().collect();
    let free = |mut name: String| {
        while all.contains(&name) {
            name.push('_');
        }
        name
    };
    let output_name = |name: &str| if taken.contains(name) { free(format!("{name}_")) } else { name.to_owned() };
    let input_name =
        |name: &str| if different.contains(name) { free(format!("{name}{SUFFIX}")) } else { output_name(name) };
    let rename = |reference: &str| {
        let input = name_at(INPUTS, reference).map(|name| input_name(&name));
        let name = input.or_else(|| name_at(OUTPUTS, reference).map(|name| output_name(&name)))?;
        let name = name.replace('~', "~0").replace('/', "~1");
        Some(format!("#{SCHEMAS}/{}", utf8_percent_encode(&name, ENCODED)))
    };
    rewrite(document, &rename);
    let named_inputs = inputs.into_iter().map(|(name, schema)| (input_name(&name), schema));
    let named_outputs = outputs.into_iter().map(|(name, schema)| (output_name(&name), schema));
    let mut schemas: Map<String, Value> = named_inputs.chain(named_outputs).collect();
    schemas.values_mut().for_each(|schema| rewrite(schema, &rename));
    schemas
}

/// The names whose schemas of requests differ from those of responses, also in what they refer to.
fn different(inputs: &Map<String, Value>, outputs: &Map<String, Value>) -> BTreeSet<String> {
    let to_output = |reference: &str| Some(format!("#{OUTPUTS}/{}", name_at(INPUTS, reference)?));
    let decoded = |reference: &str| Some(format!("#{OUTPUTS}/{}", name_at(OUTPUTS, reference)?));
    let mut found = BTreeSet::new();
    for (name, schema) in inputs {
        let Some(mut output) = outputs.get(name).cloned() else { continue };
        let mut schema = schema.clone();
        rewrite(&mut schema, &to_output);
        rewrite(&mut output, &decoded);
        if output != schema {
            found.insert(name.clone());
        }
    }
    loop {
        let further: Vec<String> = inputs
            .iter()
            .filter(|(name, schema)| {
                outputs.contains_key(*name) && !found.contains(*name) && refers_to_any(schema, &found)
            })
            .map(|(name, _)| name.clone())
            .collect();
        if further.is_empty() {
            return found;
        }
        found.extend(further);
    }
}

/// Replaces the references for which there is another one.
fn rewrite(value: &mut Value, rename: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if name == "$ref" => {
                        if let Some(renamed) = rename(text) {
                            *text = renamed;
                        }
                    }
                    member => rewrite(member, rename),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, rename)),
        _ => {}
    }
}

/// Whether a schema of requests refers to one of these.
fn refers_to_any(value: &Value, names: &BTreeSet<String>) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, member)| match member {
            Value::String(text) if name == "$ref" => name_at(INPUTS, text).is_some_and(|name| names.contains(&name)),
            member => refers_to_any(member, names),
        }),
        Value::Array(items) => items.iter().any(|item| refers_to_any(item, names)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!("{value} is no object") };
        members
    }

    #[test]
    fn a_schema_of_requests_has_a_name_of_its_own_if_it_or_its_content_differs() {
        let inputs = object(json!({
            "Same": { "type": "string" },
            "Outer": { "items": { "$ref": "#/components/inputs/Inner" } },
            "Inner": { "type": "integer" },
            "OnlyIn": { "items": { "$ref": "#/components/inputs/Outer" } },
        }));
        let outputs = object(json!({
            "Same": { "type": "string" },
            "Outer": { "items": { "$ref": "#/components/outputs/Inner" } },
            "Inner": { "type": "number" },
            "Taken": { "type": "null" },
        }));
        let mut document = json!([{ "$ref": "#/components/inputs/Outer" }, { "$ref": "#/components/outputs/Outer" },
            { "$ref": "#/components/outputs/Taken" }, { "$ref": "#/components/schemas/Taken" }]);
        let taken = BTreeSet::from(["Taken".to_owned()]);
        let unified = unify(inputs, outputs, &taken, &mut document);
        let expected = object(json!({
            "Same": { "type": "string" },
            "Outer": { "items": { "$ref": "#/components/schemas/Inner" } },
            "OuterInput": { "items": { "$ref": "#/components/schemas/InnerInput" } },
            "Inner": { "type": "number" },
            "InnerInput": { "type": "integer" },
            "OnlyIn": { "items": { "$ref": "#/components/schemas/OuterInput" } },
            "Taken_": { "type": "null" },
        }));
        assert_eq!(unified, expected);
        assert_eq!(document[0]["$ref"], "#/components/schemas/OuterInput");
        assert_eq!(document[1]["$ref"], "#/components/schemas/Outer");
        assert_eq!(document[2]["$ref"], "#/components/schemas/Taken_");
        assert_eq!(document[3]["$ref"], "#/components/schemas/Taken", "the one that has the name already");
    }
}
