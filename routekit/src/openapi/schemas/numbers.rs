//! The limits of Rust's integers, which their schemas do not state.

use serde_json::{Number, Value};

/// Adds the limits of integers to a schema, and to those within it.
pub(super) fn limit(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let limits = members.get("format").and_then(Value::as_str).and_then(limits);
            let is_integer =
                |kind: &Value| *kind == "integer" || kind.as_array().is_some_and(|all| all.contains(&"integer".into()));
            if let Some((least, most)) = limits
                && members.get("type").is_some_and(is_integer)
            {
                if !members.contains_key("exclusiveMinimum") {
                    members.entry("minimum").or_insert_with(|| least.into());
                }
                if !members.contains_key("exclusiveMaximum") {
                    members.entry("maximum").or_insert_with(|| most.into());
                }
            }
            members.values_mut().for_each(limit);
        }
        Value::Array(items) => items.iter_mut().for_each(limit),
        _ => {}
    }
}

/// The limits of an integer with this format. Those of 128 bits are no numbers of JSON in this crate.
pub(in crate::openapi) fn limits(format: &str) -> Option<(Number, Number)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" => (i64::MIN.into(), i64::MAX.into()),
        "int" => (isize::MIN.into(), isize::MAX.into()),
        "uint8" => (0.into(), u8::MAX.into()),
        "uint16" => (0.into(), u16::MAX.into()),
        "uint32" => (0.into(), u32::MAX.into()),
        "uint64" => (0.into(), u64::MAX.into()),
        "uint" => (0.into(), usize::MAX.into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_have_their_limits_and_keep_narrower_ones() {
        let mut schema = json!({ "properties": {
            "a": { "type": "integer", "format": "uint8", "minimum": 1 },
            "b": { "type": ["integer", "null"], "format": "int16" },
            "c": { "type": "integer", "format": "uint32", "exclusiveMinimum": 5, "maximum": 9 },
            "d": { "type": "string", "format": "uint8" },
            "format": { "type": "string" },
        } });
        limit(&mut schema);
        let expected = json!({ "properties": {
            "a": { "type": "integer", "format": "uint8", "minimum": 1, "maximum": 255 },
            "b": { "type": ["integer", "null"], "format": "int16", "minimum": -32768, "maximum": 32767 },
            "c": { "type": "integer", "format": "uint32", "exclusiveMinimum": 5, "maximum": 9 },
            "d": { "type": "string", "format": "uint8" },
            "format": { "type": "string" },
        } });
        assert_eq!(schema, expected);
    }
}
