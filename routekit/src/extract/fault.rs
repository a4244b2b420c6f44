//! The reason why an input could not be deserialised: the position and the expected type, but not the value.
//!
//! serde's own messages quote the value. [`explain`](super::explain) uses this error type to learn from serde what is
//! expected, and keeps nothing else.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::problem::FieldError;

/// The first error in an input.
#[derive(Debug)]
pub(crate) struct Fault {
    code: &'static str,
    message: String,
    /// The path from the root; `None` until it is known.
    place: Option<Vec<String>>,
    /// The field that is missing or unknown at the path.
    field: Option<String>,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), place: None, field: None }
    }

    /// The fault of a name with several values where one is expected.
    pub(super) fn repeated() -> Self {
        Self::new("duplicate", "is given more than once")
    }

    /// Sets the path, unless a deeper level has set it.
    pub(crate) fn at(mut self, place: impl FnOnce() -> Vec<String>) -> Self {
        if self.place.is_none() {
            let mut place = place();
            place.extend(self.field.take());
            self.place = Some(place);
        }
        self
    }

    /// Sets the expected type, unless serde has set it.
    pub(crate) fn expected(mut self, expected: &dyn Expected) -> Self {
        if self.code == INVALID && self.place.is_none() {
            self.message = wanted(expected);
        }
        self
    }

    pub(crate) fn into_field_error(self, pointer: impl FnOnce(&[String]) -> String) -> FieldError {
        FieldError::new(pointer(&self.place.unwrap_or_default()), self.code, self.message)
    }
}

/// Code of custom errors, whose text may quote the value.
const INVALID: &str = "invalid";

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(INVALID, "is not valid")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new("type", wanted(expected))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new("value", wanted(expected))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new("length", wanted(expected))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new("variant", one_of(expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("is not known; the fields are {}", list(expected));
        Self { field: Some(field.to_owned()), ..Self::new("unknown", message) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new("missing", "is required") }
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::new("duplicate", "has a field that is given twice")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

fn one_of(names: &[&str]) -> String {
    format!("must be one of {}", list(names))
}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Translates serde's expectation from Rust's terms.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    let noun = match text.as_str() {
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" | "u64" | "u128" | "usize" => "an integer that is not negative",
        "i8" => "an integer from -128 to 127",
        "i16" => "an integer from -32768 to 32767",
        "i32" | "i64" | "i128" | "isize" => "an integer",
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "unit" | "null" => "null",
        "a formatted UUID string" => "a UUID",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("enum ") || other.starts_with("variant ") => "one of the known variants",
        other if other.starts_with("tuple ") || other.starts_with("a tuple ") => "a list of the right length",
        other if other.starts_with("unit struct ") => "null",
        other => other,
    };
    format!("must be {noun}")
}
