//! Query strings.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    explain::{self, Scalars},
    rejection::Rejection,
    validation::{PointerStyle, Validated, validate},
};
use crate::{
    problem::FieldError,
    route::{Describe, Input},
};

/// Extracts and validates the query string. Repeated names fill a list: `?tag=a&tag=b`.
///
/// Rejects parameters that cannot be parsed with 400, and parameters that break the rules of `T` with 422.
/// `Option<Query<T>>` is `None` if the URL has no query string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

wrapper!(Query);

impl<T: Validated> Query<T> {
    pub(super) fn extract(parts: &Parts) -> Result<Self, Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        let value: T = parse(query).map_err(Rejection::Parameter)?;
        validate(&value, PointerStyle::DottedName, || tree(query))?;
        Ok(Self(value))
    }
}

/// Parses URL-encoded pairs, or explains the first error.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, FieldError> {
    serde_html_form::from_str(text).map_err(|_| {
        let fault = explain::explain::<T>(&tree(text), Scalars::Text);
        fault.map_or_else(
            || FieldError::new("", "shape", "is not of the expected shape"),
            |fault| fault.into_field_error(|steps| PointerStyle::DottedName.write(steps)),
        )
    })
}

/// The pairs as an object of strings, and of arrays for repeated names.
pub(super) fn tree(text: &str) -> Value {
    let pairs: Vec<(String, String)> = serde_html_form::from_str(text).unwrap_or_default();
    let mut tree = serde_json::Map::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        match tree.get_mut(&name) {
            None => drop(tree.insert(name, value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(tree)
}

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: Validated,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        Self::extract(parts)
    }
}

impl<T, S> OptionalFromRequestParts<S> for Query<T>
where
    T: Validated,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        if parts.uri.query().is_none() {
            return Ok(None);
        }
        Self::extract(parts).map(Some)
    }
}

impl<T> Describe for Query<T> {
    type Payload = T;

    fn describe(input: &mut Input) {
        input.query();
        input.answers(422);
    }
}
