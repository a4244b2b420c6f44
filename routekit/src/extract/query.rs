//! Query strings.

use std::fmt;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    place::PointerStyle,
    rejection::Rejection,
    text::pairs::parse_form,
    validation::{Validated, validate, windows::FormText},
};
use crate::route::{Describe, Input};

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
        let value: T = parse_form(query)
            .map_err(|fault| Rejection::Parameter(fault.into_field_error(PointerStyle::DottedName)))?;
        validate(&value, PointerStyle::DottedName, FormText(query), || tree(query, MOST_VALUES))?;
        Ok(Self(value))
    }
}

/// How many values of a repeated name are read again to locate broken rules. The values themselves are not needed.
pub(super) const MOST_VALUES: usize = 100;

/// The pairs as an object of strings, and of arrays of `most` strings for repeated names.
pub(super) fn tree(text: &str, most: usize) -> Value {
    let pairs = serde_html_form::Deserializer::from_bytes(text.as_bytes());
    Value::Object(pairs.deserialize_seq(Tree { most }).unwrap_or_default())
}

/// Collects pairs without a list of all of them.
struct Tree {
    most: usize,
}

impl<'de> Visitor<'de> for Tree {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pairs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
        let mut tree = Map::new();
        while let Some((name, value)) = pairs.next_element::<(String, String)>()? {
            let value = Value::String(value);
            match tree.get_mut(&name) {
                None => drop(tree.insert(name, value)),
                Some(Value::Array(values)) if values.len() >= self.most => {}
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Ok(tree)
    }
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
