//! Types, and the keywords of strings, numbers and lists.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Effect, SchemaComparison};

const ALL_TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// Keywords that are compared here, or by `objects` and `alternatives`, or that mean nothing in OpenAPI.
const COMPARED: [&str; 20] = [
    "type",
    "enum",
    "format",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "unevaluatedProperties",
    "allOf",
];

impl SchemaComparison<'_> {
    /// Compares the types of two schemas. Returns whether they have a type in common.
    pub(super) fn types(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
        let (before, after) = (types(old), types(new));
        if before == after {
            return true;
        }
        let effect = match (after.is_subset(&before), before.is_subset(&after)) {
            (true, _) => Effect::Narrower,
            (false, true) => Effect::Wider,
            (false, false) => Effect::Other,
        };
        self.add(path, format!("is {}, was {}", shown_types(&after), shown_types(&before)), effect);
        !before.is_disjoint(&after)
    }

    /// Compares the rules for values.
    pub(super) fn values(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        self.enums(path, old, new);
        for (inclusive, exclusive, sign) in
            [("minimum", "exclusiveMinimum", 1.0), ("maximum", "exclusiveMaximum", -1.0)]
        {
            let (before, after) = (bound(old, inclusive, exclusive, sign), bound(new, inclusive, exclusive, sign));
            if before != after {
                let effect = if after > before { Effect::Narrower } else { Effect::Wider };
                let shown = |keywords: &Map<String, Value>| {
                    let name = if keywords.contains_key(exclusive) { exclusive } else { inclusive };
                    keywords.get(name).map_or_else(|| format!("no {inclusive}"), |value| format!("{name} {value}"))
                };
                self.add(path, format!("has {}, had {}", shown(new), shown(old)), effect);
            }
        }
        for (least, most) in [("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties")]
        {
            let number = |keywords: &Map<String, Value>, name: &str| keywords.get(name).and_then(Value::as_u64);
            let (before, after) = (number(old, least), number(new, least));
            self.count(path, least, (before, after), after.unwrap_or(0) > before.unwrap_or(0));
            let (before, after) = (number(old, most), number(new, most));
            self.count(path, most, (before, after), after.unwrap_or(u64::MAX) < before.unwrap_or(u64::MAX));
        }
        self.other_rules(path, old, new);
    }

    fn enums(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let values = |keywords: &Map<String, Value>| keywords.get("enum").and_then(Value::as_array).cloned();
        match (values(old), values(new)) {
            (None, None) => {}
            (Some(_), None) => self.add(path, "may be any value", Effect::Wider),
            (None, Some(after)) => self.add(path, format!("is one of {}", list(&after)), Effect::Narrower),
            (Some(before), Some(after)) => {
                let lacking = |from: &[Value], of: &[Value]| {
                    of.iter().filter(|value| !from.contains(value)).cloned().collect::<Vec<Value>>()
                };
                let (gone, more) = (lacking(&after, &before), lacking(&before, &after));
                if !gone.is_empty() {
                    self.add(path, format!("is not {} any more", list(&gone)), Effect::Narrower);
                }
                if !more.is_empty() {
                    self.add(path, format!("may be {}", list(&more)), Effect::Wider);
                }
            }
        }
    }

    fn count(&mut self, path: &str, name: &str, (before, after): (Option<u64>, Option<u64>), narrower: bool) {
        if before == after || [before, after].iter().all(|value| value.is_none_or(|value| value == 0)) {
            return;
        }
        let effect = if narrower { Effect::Narrower } else { Effect::Wider };
        self.changed(path, name, (before.map(Value::from).as_ref(), after.map(Value::from).as_ref()), effect);
    }

    /// Rules that are only equal or different, and keywords that are not known here.
    fn other_rules(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let mut names: BTreeSet<&str> = old.keys().chain(new.keys()).map(String::as_str).collect();
        names.retain(|name| !COMPARED.contains(name));
        // The format of a number repeats its limits.
        let is_number = |keywords: &Map<String, Value>| types(keywords).iter().any(|name| is_number(name));
        if !(is_number(old) && is_number(new)) {
            names.insert("format");
        }
        for name in names {
            let (before, after) = (old.get(name), new.get(name));
            if before != after {
                let effect = match (before, after) {
                    (None, _) => Effect::Narrower,
                    (_, None) => Effect::Wider,
                    _ => Effect::Other,
                };
                self.changed(path, name, (before, after), effect);
            }
        }
    }

    pub(super) fn lists(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let schema = |keywords: &Map<String, Value>| keywords.get("items").cloned().unwrap_or(Value::Bool(true));
        let (before, after) = (schema(old), schema(new));
        if before != Value::Bool(true) || after != Value::Bool(true) {
            self.walk(&format!("{path}[]"), &before, &after);
        }
        let places = |keywords: &Map<String, Value>| keywords.get("prefixItems").and_then(Value::as_array).cloned();
        let (before, after) = (places(old).unwrap_or_default(), places(new).unwrap_or_default());
        if before.len() != after.len() {
            self.add(path, format!("has {} places, had {}", after.len(), before.len()), Effect::Other);
        }
        for (index, (before, after)) in before.iter().zip(&after).enumerate() {
            self.walk(&format!("{path}[{index}]"), before, after);
        }
    }

    fn changed(&mut self, path: &str, name: &str, (before, after): (Option<&Value>, Option<&Value>), effect: Effect) {
        let what = match (before, after) {
            (Some(before), Some(after)) => format!("has {name} {after}, had {before}"),
            (None, Some(after)) => format!("has {name} {after}, had none"),
            (before, None) => format!("has no {name}, had {}", before.unwrap_or(&Value::Null)),
        };
        self.add(path, what, effect);
    }
}

/// The types that a schema allows. A number may be an integer. Constants say their types.
fn types(keywords: &Map<String, Value>) -> BTreeSet<&str> {
    let mut types: BTreeSet<&str> = match (keywords.get("enum"), keywords.get("type")) {
        (Some(Value::Array(values)), _) => values.iter().map(type_of).collect(),
        (_, Some(Value::String(one))) => BTreeSet::from([one.as_str()]),
        (_, Some(Value::Array(several))) => several.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::from(ALL_TYPES),
    };
    if types.contains("number") {
        types.insert("integer");
    }
    types
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_number(name: &str) -> bool {
    ["integer", "number"].contains(&name)
}

fn shown_types(types: &BTreeSet<&str>) -> String {
    if types.len() == ALL_TYPES.len() {
        return "any value".to_owned();
    }
    let shown = types.iter().copied().filter(|name| *name != "integer" || !types.contains("number"));
    shown.collect::<Vec<_>>().join(" or ")
}

/// The lower bound of a number, or with the sign -1 its negated upper bound, so that more is narrower. The second part
/// says whether the bound itself is excluded.
fn bound(keywords: &Map<String, Value>, inclusive: &str, exclusive: &str, sign: f64) -> (f64, bool) {
    let number = |name: &str| keywords.get(name).and_then(Value::as_f64).map(|value| value * sign);
    let (at, beyond) = (number(inclusive).unwrap_or(f64::NEG_INFINITY), number(exclusive).unwrap_or(f64::NEG_INFINITY));
    if beyond >= at && beyond > f64::NEG_INFINITY { (beyond, true) } else { (at, false) }
}

fn list(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
