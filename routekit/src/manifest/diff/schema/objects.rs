//! The members of objects.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Effect, SchemaComparison, resolve::required};

impl SchemaComparison<'_> {
    pub(super) fn objects(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let nothing = Map::new();
        let members = |keywords| Map::get(keywords, "properties").and_then(Value::as_object);
        let (before, after) = (members(old).unwrap_or(&nothing), members(new).unwrap_or(&nothing));
        let (required_before, required_after) = (required(old), required(new));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let is_declared = |name: &str| before.contains_key(name) || after.contains_key(name);
        let place = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for name in names {
            let place = place(name);
            match (before.get(name), after.get(name)) {
                // Clients do not see that it is ignored, and they may need it.
                (Some(_), None) if self.is_response => self.add(&place, "is not sent any more", Effect::Other),
                (Some(_), None) => self.add(&place, "is not read any more", Effect::Other),
                (None, Some(_)) if !self.is_response && required_after.contains(name.as_str()) => {
                    self.add(&place, "is new and required", Effect::Narrower);
                }
                (None, _) => self.add(&place, "is new", Effect::None),
                (Some(before), Some(after)) => {
                    let required = |names: &BTreeSet<&str>| names.contains(name.as_str());
                    match (required(&required_before), required(&required_after)) {
                        (false, true) => self.add(&place, "is required", Effect::Narrower),
                        (true, false) => self.add(&place, "may be absent", Effect::Wider),
                        _ => {}
                    }
                    self.walk(&place, before, after);
                }
            }
        }
        // A member without a schema may be required, too.
        for name in required_after.difference(&required_before).filter(|name| !is_declared(name)) {
            self.add(&place(name), "is required", Effect::Narrower);
        }
        for name in required_before.difference(&required_after).filter(|name| !is_declared(name)) {
            self.add(&place(name), "may be absent", Effect::Wider);
        }
        self.other_members(path, old, new);
    }

    /// `additionalProperties`: members without a schema of their own.
    fn other_members(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let others = |keywords: &Map<String, Value>| match keywords.get("additionalProperties") {
            // `unevaluatedProperties` says the same of schemas with parts.
            None => keywords.get("unevaluatedProperties").cloned().unwrap_or(Value::Bool(true)),
            Some(schema) => schema.clone(),
        };
        match (others(old), others(new)) {
            (before, after) if before == after && !before.is_object() => {}
            (before, Value::Bool(false)) if before != Value::Bool(false) => {
                self.add(path, "has no other members any more", Effect::Narrower);
            }
            // Clients of an API ignore members that they do not know.
            (Value::Bool(false), _) => self.add(path, "may have other members", Effect::None),
            (before, after) => {
                let place = if path.is_empty() { "*".to_owned() } else { format!("{path}.*") };
                self.walk(&place, &before, &after);
            }
        }
    }
}
