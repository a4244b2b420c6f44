//! The schemas of the types of all routes.
//!
//! Requests and responses have generators of their own, because serde may read a type in another form than it writes
//! it. [`unify`] gives both one name if the forms are the same.

pub(super) mod numbers;
mod places;
mod rules;
mod unify;

use std::collections::BTreeSet;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use self::places::{INPUTS, OUTPUTS, name_of};
use crate::route::{Payload, TypeRules};

/// Collects schemas, and refers to those that have a name.
#[derive(Debug)]
pub(super) struct Schemas {
    inputs: SchemaGenerator,
    outputs: SchemaGenerator,
    /// The names of the schemas of requests that have their rules.
    ruled: BTreeSet<String>,
    warnings: BTreeSet<String>,
}

/// The fields of a type.
#[derive(Debug)]
pub(super) struct Properties {
    pub(super) properties: Map<String, Value>,
    pub(super) required: Vec<String>,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = |path: &str| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = path.to_owned().into();
                settings.meta_schema = None;
            })
        };
        Self {
            inputs: settings(INPUTS).for_deserialize().into_generator(),
            outputs: settings(OUTPUTS).for_serialize().into_generator(),
            ruled: BTreeSet::new(),
            warnings: BTreeSet::new(),
        }
    }

    /// The schema of a request's content. A type without one is described in words, and reported.
    pub(super) fn input(&mut self, payload: &Payload, route: &str) -> Value {
        self.value_of(payload).unwrap_or_else(|| self.unknown(payload, route))
    }

    /// The schema of a response's content.
    pub(super) fn output(&mut self, payload: &Payload, route: &str) -> Value {
        match payload.schema {
            Some(schema) => {
                let mut schema = schema(&mut self.outputs).to_value();
                numbers::limit(&mut schema);
                schema
            }
            None => self.unknown(payload, route),
        }
    }

    /// The schema of a value in a request, if its type has one.
    pub(super) fn value_of(&mut self, payload: &Payload) -> Option<Value> {
        let mut schema = payload.schema?(&mut self.inputs).to_value();
        numbers::limit(&mut schema);
        if let Some(describe) = payload.rules {
            let rules = TypeRules::of(describe);
            rules::apply(&rules, &mut schema, self.inputs.definitions_mut(), &mut self.ruled);
        }
        Some(schema)
    }

    /// The fields of an object in a request. `None` if its type is no struct, or has no schema.
    pub(super) fn properties(&mut self, payload: &Payload) -> Option<Properties> {
        let schema = self.value_of(payload)?;
        let name = name_of(&schema);
        let resolved = name.and_then(|name| self.inputs.definitions().get(&name)).unwrap_or(&schema);
        // Alternatives, such as those of a flattened enum, are no list of fields.
        if ["oneOf", "anyOf", "allOf"].iter().any(|keyword| resolved.get(*keyword).is_some()) {
            return None;
        }
        let mut properties = resolved["properties"].as_object()?.clone();
        properties.values_mut().for_each(numbers::limit);
        let required = resolved["required"].as_array().into_iter().flatten();
        let required = required.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        Some(Properties { properties, required })
    }

    /// The schemas of the values of a tuple in a request.
    pub(super) fn items(&mut self, payload: &Payload) -> Option<Vec<Value>> {
        let schema = self.value_of(payload)?;
        let name = name_of(&schema);
        let resolved = name.and_then(|name| self.inputs.definitions().get(&name)).unwrap_or(&schema);
        let mut items = resolved["prefixItems"].as_array()?.clone();
        items.iter_mut().for_each(numbers::limit);
        Some(items)
    }

    fn unknown(&mut self, payload: &Payload, route: &str) -> Value {
        let name = payload.type_name;
        self.warnings.insert(format!(
            "{route}: the type `{name}` has no schema, so the OpenAPI document does not describe it; derive \
             `schemars::JsonSchema` for it"
        ));
        json!({ "description": format!("A value of the type `{name}`.") })
    }

    /// Adds the schemas to the components of `document`, which refers to them, and returns the warnings.
    pub(super) fn finish(mut self, document: &mut Value) -> Vec<String> {
        let (mut inputs, mut outputs) = (self.inputs.take_definitions(true), self.outputs.take_definitions(true));
        inputs.values_mut().chain(outputs.values_mut()).for_each(numbers::limit);
        let own = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
        let taken = own.keys().cloned().collect();
        let mut schemas = unify::unify(inputs, outputs, &taken, document);
        schemas.extend(own);
        document["components"]["schemas"] = schemas.into();
        self.warnings.into_iter().collect()
    }
}
