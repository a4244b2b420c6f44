//! Reads only those parts of an input that errors are about.
//!
//! A whole input as a [`Value`] takes thirty times the memory of its text. Its values are not needed, only its shape
//! around the errors, from which serde's names and the maps are known.

use std::{cell::Cell, collections::BTreeMap};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use validator::{ValidationErrors, ValidationErrorsKind};

use super::{names, rules::LIST};
use crate::extract::rejection::MAX_ERRORS;

/// How many items of a list without errors are read. serde deserialises arrays up to this length.
const ITEMS: usize = 32;
/// How many values without errors are read.
const VALUES: usize = 10_000;

/// The input without the items of lists that have no errors: of such a list, item *n* is that of its *n*th error.
///
/// Of an input with very many values, most of those without errors are missing.
pub(super) fn excerpt<'de, D: Deserializer<'de>>(input: D, errors: &ValidationErrors) -> Option<Value> {
    Excerpt { errors: Some(Errors::Struct(errors)), left: &Cell::new(VALUES) }.deserialize(input).ok()
}

/// The errors at one place of the input.
#[derive(Clone, Copy)]
enum Errors<'e> {
    Struct(&'e ValidationErrors),
    Kind(&'e ValidationErrorsKind),
}

impl<'e> Errors<'e> {
    /// The errors of a value's fields.
    fn of_fields(self) -> Option<&'e ValidationErrors> {
        match self {
            Self::Struct(errors) => Some(errors),
            Self::Kind(ValidationErrorsKind::Struct(errors)) => Some(errors),
            Self::Kind(_) => None,
        }
    }

    fn of_field(self, name: &str) -> Option<Errors<'e>> {
        let found = names::find(self.of_fields()?.errors(), name);
        found.map(|(_, kind)| Errors::Kind(kind))
    }

    /// The errors of the items of a list.
    fn of_items(self) -> Option<&'e BTreeMap<usize, Box<ValidationErrors>>> {
        let kind = match self {
            Self::Kind(kind @ ValidationErrorsKind::List(_)) => kind,
            _ => self.of_fields()?.errors().get(LIST)?,
        };
        match kind {
            ValidationErrorsKind::List(items) => Some(items),
            _ => None,
        }
    }
}

/// Reads a value with these errors.
#[derive(Clone, Copy)]
struct Excerpt<'e> {
    errors: Option<Errors<'e>>,
    /// How many more values without errors are read.
    left: &'e Cell<usize>,
}

impl<'e> Excerpt<'e> {
    /// Reads a value in this one, or nothing if enough values without errors are read.
    fn inside(self, errors: Option<Errors<'e>>) -> Option<Self> {
        if errors.is_none() {
            self.left.set(self.left.get().checked_sub(1)?);
        }
        Some(Self { errors, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Excerpt<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Excerpt<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let errors = self.errors.and_then(Errors::of_items);
        let most = if errors.is_some() { MAX_ERRORS } else { ITEMS };
        let mut kept = Vec::new();
        let mut index = 0;
        while kept.len() < most {
            let own = errors.map(|errors| errors.get(&index));
            index += 1;
            let next = match own {
                // Another item has an error.
                Some(None) => match items.next_element::<IgnoredAny>()? {
                    Some(IgnoredAny) => continue,
                    None => None,
                },
                Some(Some(own)) => items.next_element_seed(Excerpt { errors: Some(Errors::Struct(own)), ..self })?,
                None => match self.inside(None) {
                    Some(item) => items.next_element_seed(item)?,
                    None => break,
                },
            };
            match next {
                Some(item) => kept.push(item),
                None => return Ok(kept.into()),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            match self.inside(self.errors.and_then(|errors| errors.of_field(&name))) {
                Some(value) => drop(kept.insert(name, fields.next_value_seed(value)?)),
                None => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(kept.into())
    }
}
