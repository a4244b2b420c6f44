//! One set of schemas, from those of requests and those of responses.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::places::{INPUTS, OUTPUTS};

/// What the name of a schema of requests ends with, if the schema of responses of this name is another one.
const SUFFIX: &str = "Input";

/// Returns the schemas under their final names, and rewrites the references of `document`.
pub(super) fn unify(
    mut inputs: Map<String, Value>,
    mut outputs: Map<String, Value>,
    document: &mut Value,
) -> Map<String, Value> {
    let different = different(&inputs, &outputs);
    let taken: BTreeSet<String> = inputs.keys().chain(outputs.keys()).cloned().collect();
    let rename = |name: &str| {
        if !different.contains(name) {
            return name.to_owned();
        }
        let mut renamed = format!("{name}{SUFFIX}");
        while taken.contains(&renamed) {
            renamed.push('_');
        }
        renamed
    };
    inputs.values_mut().for_each(|schema| rewrite(schema, &rename));
    rewrite(document, &rename);
    for (name, schema) in inputs {
        outputs.insert(rename(&name), schema);
    }
    outputs
}

/// The names whose schemas of requests differ from those of responses, also in what they refer to.
fn different(inputs: &Map<String, Value>, outputs: &Map<String, Value>) -> BTreeSet<String> {
    let same = |name: &str| name.to_owned();
    let mut found = BTreeSet::new();
    for (name, schema) in inputs {
        let mut schema = schema.clone();
        rewrite(&mut schema, &same);
        if outputs.get(name).is_some_and(|output| *output != schema) {
            found.insert(name.clone());
        }
    }
    loop {
        let refers = |schema: &Value| found.iter().any(|name| has_reference(schema, &reference(INPUTS, name)));
        let further: Vec<String> = inputs
            .iter()
            .filter(|(name, schema)| outputs.contains_key(*name) && !found.contains(*name) && refers(schema))
            .map(|(name, _)| name.clone())
            .collect();
        if further.is_empty() {
            return found;
        }
        found.extend(further);
    }
}

fn reference(path: &str, name: &str) -> String {
    format!("#{path}/{name}")
}

/// Replaces references to schemas of requests.
fn rewrite(value: &mut Value, rename: &impl Fn(&str) -> String) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if name == "$ref" => {
                        let input =
                            text.strip_prefix('#').and_then(|text| text.strip_prefix(INPUTS)?.strip_prefix('/'));
                        if let Some(input) = input {
                            *text = reference(OUTPUTS, &rename(input));
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

fn has_reference(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, member)| (name == "$ref" && *member == wanted) || has_reference(member, wanted))
        }
        Value::Array(items) => items.iter().any(|item| has_reference(item, wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
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
            "Outer": { "items": { "$ref": "#/components/schemas/Inner" } },
            "Inner": { "type": "number" },
        }));
        let mut document = json!([{ "$ref": "#/components/inputs/Outer" }, { "$ref": "#/components/schemas/Outer" }]);
        let unified = unify(inputs, outputs, &mut document);
        let expected = object(json!({
            "Same": { "type": "string" },
            "Outer": { "items": { "$ref": "#/components/schemas/Inner" } },
            "OuterInput": { "items": { "$ref": "#/components/schemas/InnerInput" } },
            "Inner": { "type": "number" },
            "InnerInput": { "type": "integer" },
            "OnlyIn": { "items": { "$ref": "#/components/schemas/OuterInput" } },
        }));
        assert_eq!(unified, expected);
        assert_eq!(document[0]["$ref"], "#/components/schemas/OuterInput");
        assert_eq!(document[1]["$ref"], "#/components/schemas/Outer");
    }
}
