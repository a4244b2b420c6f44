//! The reason why an input could not be deserialised: the place and the expected type, but not the value.
//!
//! The messages of serde's own errors quote the value. This error type keeps what serde says it expects, and nothing
//! of the value.
//!
//! An error has no place when serde creates it. A deserialiser that knows the place adds it on the way out, in one of
//! three ways:
//!
//! 1. [`here`](Fault::here): the error is about the value at the place.
//! 2. [`field`](Fault::field): the error is about a field of the value at the place, such as one that is missing.
//! 3. [`inside`](Fault::inside): the error is about a value somewhere inside the value at the place. serde buffers
//!    untagged and internally tagged enums and structs with flattened fields, and reads them a second time from its
//!    buffer. An error of the second time has no path. The message then says that the wrong value is inside.

use std::{borrow::Cow, fmt};

use serde::de::{Expected, Unexpected};

use super::place::{PlaceStep, PointerStyle};
use crate::problem::FieldError;

/// The first error in an input.
#[derive(Debug)]
pub(crate) struct Fault(Box<FaultDetails>);

#[derive(Debug)]
struct FaultDetails {
    code: &'static str,
    message: Cow<'static, str>,
    subject: FaultSubject,
    /// The path from the root; `None` until it is known.
    place: Option<Vec<PlaceStep>>,
}

/// The subject of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultSubject {
    /// A value.
    Value,
    /// A field that is missing.
    Missing(&'static str),
    /// The name of the field that was just read, which is unknown or given a second time.
    Name,
}

/// Code of errors that a type raises itself. Their text may quote the value.
const INVALID: &str = "invalid";

impl Fault {
    fn new(code: &'static str, subject: FaultSubject, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(FaultDetails { code, message: message.into(), subject, place: None }))
    }

    fn of_value(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, FaultSubject::Value, message)
    }

    /// The fault of a name with several values where one is expected.
    pub(super) fn repeated() -> Self {
        Self::of_value("duplicate", "is given more than once")
    }

    /// The fault of a value that a parser rejects before the visitor sees it.
    pub(super) fn unexpected(code: &'static str, expected: &dyn Expected) -> Self {
        Self::of_value(code, wanted(expected))
    }

    /// The subject, until the place is known.
    pub(super) fn unplaced(&self) -> Option<FaultSubject> {
        self.0.place.is_none().then_some(self.0.subject)
    }

    /// Whether the type that is deserialised has raised the error itself.
    pub(super) fn is_custom(&self) -> bool {
        self.0.code == INVALID
    }

    /// Says what is expected, if the error does not.
    pub(super) fn or_expected(mut self, expected: &dyn Expected) -> Self {
        if self.is_custom() && self.0.place.is_none() {
            self.0.message = wanted(expected).into();
        }
        self
    }

    /// The error is about the value at this place, unless a deeper place is known.
    pub(super) fn here(self, place: impl FnOnce() -> Vec<PlaceStep>) -> Self {
        match self.unplaced() {
            Some(FaultSubject::Value) => self.with_place(place()),
            Some(_) => self.inside(place),
            None => self,
        }
    }

    /// The error is about this field of the value at this place, unless a deeper place is known.
    pub(super) fn field(self, name: &str, place: impl FnOnce() -> Vec<PlaceStep>) -> Self {
        if self.unplaced().is_none() {
            return self;
        }
        let mut place = place();
        place.push(PlaceStep::Field(name.to_owned()));
        self.with_place(place)
    }

    /// The error is about a value inside the one at this place, unless a deeper place is known.
    pub(super) fn inside(mut self, place: impl FnOnce() -> Vec<PlaceStep>) -> Self {
        // "Is not valid" is true of the value at the place as well.
        if self.unplaced().is_none() || self.is_custom() {
            return self.here(place);
        }
        self.0.message = match self.0.subject {
            FaultSubject::Value => format!("has a value that {}", self.0.message).into(),
            FaultSubject::Missing(field) => format!("lacks a required field `{field}`").into(),
            FaultSubject::Name => format!("has a field that {}", self.0.message).into(),
        };
        self.with_place(place())
    }

    /// The error is about the key of a map at this place.
    pub(super) fn key(mut self, place: impl FnOnce() -> Vec<PlaceStep>) -> Self {
        if self.unplaced().is_some() {
            self.0.message = format!("has a key that {}", self.0.message).into();
            return self.with_place(place());
        }
        self
    }

    fn with_place(mut self, place: Vec<PlaceStep>) -> Self {
        self.0.place = Some(place);
        self
    }

    pub(super) fn into_field_error(self, style: PointerStyle) -> FieldError {
        let FaultDetails { code, message, place, .. } = *self.0;
        FieldError::new(style.write(&place.unwrap_or_default()), code, message)
    }

    /// The error of a value with this name.
    pub(super) fn into_error_of(self, name: &str) -> FieldError {
        FieldError::new(name, self.0.code, self.0.message)
    }
}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::of_value(INVALID, "is not valid")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::of_value("type", wanted(expected))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::of_value("value", wanted(expected))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::of_value("length", wanted(expected))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::of_value("variant", format!("must be one of {}", list(expected)))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        let message = match expected {
            [] => "is not known; there are no fields".to_owned(),
            _ => format!("is not known; the fields are {}", list(expected)),
        };
        Self::new("unknown", FaultSubject::Name, message)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("missing", FaultSubject::Missing(field), "is required")
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::new("duplicate", FaultSubject::Name, "is given more than once")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Fault {}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Translates serde's expectation from Rust's terms.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    if let Some(range) = integer(&text) {
        return format!("must be {range}");
    }
    if let Some(length) = length(&text) {
        return format!("must be a list of {length}");
    }
    let noun = match text.as_str() {
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "unit" | "null" => "null",
        "a formatted UUID string" => "a UUID",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("enum ") || other.starts_with("variant ") => "one of the known variants",
        other if other.starts_with("unit struct ") => "null",
        other if other.starts_with("tuple ") => "a list",
        other => other,
    };
    format!("must be {noun}")
}

/// The range of a type of integers, from its name.
fn integer(ty: &str) -> Option<String> {
    macro_rules! range {
        ($($ty:ident)*) => {
            match ty.strip_prefix("a nonzero ").unwrap_or(ty) {
                $(stringify!($ty) if ty.len() == stringify!($ty).len() => {
                    Some(format!("an integer from {} to {}", $ty::MIN, $ty::MAX))
                }
                stringify!($ty) if $ty::MIN == 0 => Some(format!("an integer from 1 to {}", $ty::MAX)),
                stringify!($ty) => Some(format!("an integer from {} to {}, but not 0", $ty::MIN, $ty::MAX)),)*
                _ => None,
            }
        };
    }
    range! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
}

/// The length of a list, from the expectation of a tuple, an array or a struct.
fn length(expected: &str) -> Option<String> {
    let of_tuple =
        || expected.strip_prefix("a tuple of size ").or_else(|| expected.strip_prefix("an array of length "));
    let of_struct = || expected.rsplit_once(" with ").map(|(_, length)| length.split(' ').next().unwrap_or_default());
    let is_struct = expected.starts_with("tuple ") || expected.starts_with("struct ");
    let length: usize = of_tuple().or_else(|| of_struct().filter(|_| is_struct))?.parse().ok()?;
    Some(if length == 1 { "1 value".to_owned() } else { format!("{length} values") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_in_plain_terms() {
        for (expected, words) in [
            ("u32", "must be an integer from 0 to 4294967295"),
            ("u64", "must be an integer from 0 to 18446744073709551615"),
            ("i64", "must be an integer from -9223372036854775808 to 9223372036854775807"),
            ("a nonzero u8", "must be an integer from 1 to 255"),
            ("a nonzero i8", "must be an integer from -128 to 127, but not 0"),
            ("a tuple of size 2", "must be a list of 2 values"),
            ("an array of length 1", "must be a list of 1 value"),
            ("tuple struct Pair with 2 elements", "must be a list of 2 values"),
            ("struct Point", "must be an object"),
            ("a string", "must be a string"),
        ] {
            assert_eq!(wanted(&expected), words);
        }
    }
}
