//! The placeholders of the path as a struct.

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams},
    response::Response,
};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    place::PointerStyle,
    placeholder::{Placeholders, raw},
    rejection::Rejection,
    text::pairs::parse_path,
    validation::{Validated, parts::Indivisible, validate},
};
use crate::route::{Describe, Input};

/// Extracts all placeholders of the path into the fields of a struct, and validates it.
///
/// An argument with the name of its placeholder is usually simpler. Rejects values that cannot be parsed with 400, and
/// values that break the rules of `T` with 422. `Option<Path<T>>` is `None` if the path has no placeholders.
///
/// As an argument of a handler, `Path<u64>` is the only placeholder of the path. So is `Path<T>` for every `T` without
/// rules that implements `FromStr` and `Deserialize`. If the path has several placeholders, this is a 500 whose log
/// line names them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Path<T>(pub T);

wrapper!(Path);

impl<T: Validated + Send> Path<T> {
    pub(super) async fn extract(parts: &mut Parts) -> Result<Self, Rejection> {
        let params = raw(parts).await?;
        let value: T = parse_path(&params)
            .map_err(|fault| Rejection::Parameter(fault.into_field_error(PointerStyle::DottedName)))?;
        validate(&value, PointerStyle::DottedName, Indivisible, || tree(&params))?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned> Path<T> {
    /// Extracts a `T` without rules from the only placeholder.
    pub(super) async fn extract_value(parts: &mut Parts) -> Result<Self, Response> {
        Placeholders::of(parts).await?.parse_only().map(Self)
    }
}

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
        Self::extract(parts).await
    }
}

impl<T, S> OptionalFromRequestParts<S> for Path<T>
where
    T: Validated + Send,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        if raw(parts).await?.iter().next().is_none() {
            return Ok(None);
        }
        Self::extract(parts).await.map(Some)
    }
}

impl<T> Describe for Path<T> {
    type Payload = T;

    fn describe(input: &mut Input) {
        input.path();
        input.answers(422);
    }
}
