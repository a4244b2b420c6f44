//! Alternatives (`oneOf`, `anyOf`), and parts that cannot be merged (`allOf`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Effect, SchemaComparison,
    resolve::{SchemaParts, required},
};

/// The name of the alternative that is no value.
const NULL: &str = "null";

impl SchemaComparison<'_> {
    /// Compares schemas if one has parts or alternatives.
    pub(super) fn alternatives(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let (before, after) = (SchemaParts::of(old), SchemaParts::of(new));
        self.parts(path, &before.all, &after.all);
        self.choices(path, &before.any, &after.any);
    }

    /// Compares what must hold together, by position.
    fn parts(&mut self, path: &str, old: &[Value], new: &[Value]) {
        for (before, after) in old.iter().zip(new) {
            self.walk(path, before, after);
        }
        if new.len() > old.len() {
            self.add(path, "has further rules", Effect::Narrower);
        } else if new.len() < old.len() {
            self.add(path, "has fewer rules", Effect::Wider);
        }
    }

    /// Compares alternatives by their names.
    fn choices(&mut self, path: &str, old: &[Value], new: &[Value]) {
        if let ([one], [other]) = (old, new) {
            // The only alternative may have another name.
            self.walk(path, one, other);
            return;
        }
        // Alternatives without a name of their own are told apart by their content. A reference says nothing about it.
        let is_same = |schema: &Value, others: &[Value]| schema["$ref"].is_null() && others.contains(schema);
        let before = by_name(old.iter().filter(|schema| !is_same(schema, new)));
        let after = by_name(new.iter().filter(|schema| !is_same(schema, old)));
        let lacking = |from: &BTreeMap<String, &Value>, name: &str| !from.contains_key(name) && name != NULL;
        let gone: Vec<&str> = before.keys().map(String::as_str).filter(|name| lacking(&after, name)).collect();
        let more: Vec<&str> = after.keys().map(String::as_str).filter(|name| lacking(&before, name)).collect();
        // One that was renamed, or that is written in another way.
        let renamed = if let ([gone], [more]) = (&*gone, &*more) { Some((*gone, *more)) } else { None };
        for (name, schema) in &before {
            let other = renamed.filter(|(gone, _)| gone == name).map_or(name.as_str(), |(_, more)| more);
            match after.get(other) {
                Some(other) => self.walk(path, schema, other),
                None => self.add(path, format!("is not {name} any more"), Effect::Narrower),
            }
        }
        let is_new = |name: &str| !before.contains_key(name) && renamed.is_none_or(|(_, more)| more != name);
        for name in after.keys().filter(|name| is_new(name)) {
            self.add(path, format!("may be {name}"), Effect::Wider);
        }
    }
}

/// Alternatives by what distinguishes them: the type of a component, a tag, or the type of the value.
fn by_name<'a>(alternatives: impl Iterator<Item = &'a Value>) -> BTreeMap<String, &'a Value> {
    let mut named = BTreeMap::new();
    for schema in alternatives {
        let mut name = name(schema);
        while named.contains_key(&name) {
            name.push('\'');
        }
        named.insert(name, schema);
    }
    named
}

fn name(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or(reference).to_owned();
    }
    let constant = |schema: &Value| match (&schema["const"], schema["enum"].as_array().map(Vec::as_slice)) {
        (Value::Null, Some([value])) => Some(value.to_string()),
        (Value::Null, _) => None,
        (value, _) => Some(value.to_string()),
    };
    let tag = schema["properties"].as_object().into_iter().flatten();
    let tag = tag.filter_map(|(name, schema)| Some(format!("{name} {}", constant(schema)?))).next();
    // A variant of an enum is an object with its name as the only member.
    let variant = || {
        let names = required(schema.as_object()?);
        let mut names = names.into_iter();
        names.next().filter(|_| names.next().is_none()).map(|only| format!("an object with `{only}`"))
    };
    let constants = || schema["enum"].is_array().then(|| "a constant".to_owned());
    let text = |keyword: &str| schema[keyword].as_str().map(str::to_owned);
    let known = tag.or_else(constants).or_else(|| text("title")).or_else(variant).or_else(|| text("type"));
    known.unwrap_or_else(|| "another schema".to_owned())
}
