//! The placeholders of the path as a struct.

use std::{any::type_name, str::FromStr};

use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    place::PointerStyle,
    placeholder::raw,
    rejection::Rejection,
    text::pairs::parse_path,
    validation::{Validated, validate, windows::NoElements},
};
use crate::route::{Describe, Description, Input, PathValues, Probe};

/// Extracts all placeholders of the path into the fields of a struct, and validates it.
///
/// An argument with the name of its placeholder is usually simpler. Rejects values that cannot be parsed with 400, and
/// values that break the rules of `T` with 422. `Option<Path<T>>` is `None` if the path has no placeholders.
///
/// As an argument of a handler, `Path<u64>` is the only placeholder of the path. So is `Path<T>` for every `T` without
/// rules that implements `FromStr` and `Deserialize`. `Path<(u64, Uuid)>` is all placeholders in their order. If the
/// path has another number of placeholders, the app does not start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Path<T>(pub T);

wrapper!(Path);

impl<T: Validated> Path<T> {
    pub(super) fn extract(parts: &mut Parts) -> Result<Self, Rejection> {
        let params = raw(parts)?;
        let value: T = parse_path(&params)
            .map_err(|fault| Rejection::Parameter(fault.into_field_error(PointerStyle::DottedName)))?;
        validate(&value, PointerStyle::DottedName, NoElements, || tree(&params))?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned> Path<T> {
    /// Extracts a tuple of values without rules from all placeholders.
    pub(super) fn extract_values(parts: &mut Parts) -> Result<Self, Rejection> {
        let params = raw(parts)?;
        let values = parse_path(&params);
        values.map(Self).map_err(|fault| Rejection::Parameter(fault.into_field_error(PointerStyle::DottedName)))
    }
}

/// Counts the placeholders that a `Path<T>` without rules takes. Generated code calls `count_values` as it calls
/// `describe_input`: the impl for the most references is selected.
pub trait PathOfRules {
    /// Counts nothing: a type with rules takes any placeholders.
    fn count_values(&self, _: &mut Description) {}
}

impl<T: Validated> PathOfRules for &&Probe<Path<T>> {}

/// A `Path<T>` of a single value.
pub trait PathOfValue {
    /// Counts one.
    fn count_values(&self, description: &mut Description);
}

impl<T: FromStr> PathOfValue for &Probe<Path<T>> {
    fn count_values(&self, description: &mut Description) {
        description.path_values = Some(PathValues { count: 1, type_name: type_name::<T>() });
    }
}

/// A `Path<T>` of a tuple.
pub trait PathOfTuple {
    /// Counts the items.
    fn count_values(&self, description: &mut Description);
}

/// Any other type with this name.
pub trait PathOfAny {
    /// Counts nothing.
    fn count_values(&self, _: &mut Description) {}
}

impl<T> PathOfAny for Probe<T> {}

macro_rules! tuples {
    ($($count:literal ($($item:ident)*))*) => {$(
        impl<$($item),*> PathOfTuple for &Probe<Path<($($item,)*)>> {
            fn count_values(&self, description: &mut Description) {
                description.path_values =
                    Some(PathValues { count: $count, type_name: type_name::<($($item,)*)>() });
            }
        }
    )*};
}

tuples! { 1 (A) 2 (A B) 3 (A B C) 4 (A B C D) 5 (A B C D E) 6 (A B C D E F) }

fn tree(params: &RawPathParams) -> Value {
    Value::Object(params.iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: Validated + Send,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        Self::extract(parts)
    }
}

impl<T, S> OptionalFromRequestParts<S> for Path<T>
where
    T: Validated + Send,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        if raw(parts)?.iter().next().is_none() {
            return Ok(None);
        }
        Self::extract(parts).map(Some)
    }
}

impl<T> Describe for Path<T> {
    type Payload = T;

    fn describe(input: &mut Input) {
        input.path();
        input.answers(422);
    }
}
