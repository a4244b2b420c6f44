//! The claims of the client as a typed extractor.

use std::{
    any::type_name,
    fmt,
    ops::{Deref, DerefMut},
};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{extract::NotIdentified, identity::Identity, seen::see};
use crate::{
    problem::Problem,
    route::{Describe, Input, NoPayload},
};

/// Extracts the claims of the [`Identity`], deserialised into `T`. Claims that `T` does not have are ignored.
///
/// A client that is not identified gets a 401. A client whose claims do not match `T` gets a 403, because its
/// credentials are valid.
#[derive(Clone, Copy)]
pub struct Claims<T>(pub T);

impl<T: DeserializeOwned> Claims<T> {
    fn of(identity: &Identity) -> Result<Self, ClaimsRejection> {
        T::deserialize(identity.claims()).map(Self).map_err(|error| {
            // Other errors may quote the value of a claim.
            let (error, type_name) = (error.to_string(), type_name::<T>());
            let why = if error.starts_with("missing field") { &error } else { "a claim has another type or value" };
            tracing::debug!(target: "routekit::auth", type_name, why, "claims do not match the type");
            ClaimsRejection::Unfit(type_name)
        })
    }
}

impl<T> Deref for Claims<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Claims<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> fmt::Debug for Claims<T> {
    /// Prints only the type, because claims may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims<{}>", type_name::<T>())
    }
}

impl<T, S> FromRequestParts<S> for Claims<T>
where
    T: DeserializeOwned,
    S: Sync,
{
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClaimsRejection> {
        Self::of(see(&parts.extensions).ok_or(ClaimsRejection::NotIdentified(NotIdentified))?)
    }
}

impl<T, S> OptionalFromRequestParts<S> for Claims<T>
where
    T: DeserializeOwned,
    S: Sync,
{
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ClaimsRejection> {
        see(&parts.extensions).map(Self::of).transpose()
    }
}

impl<T> Describe for Claims<T> {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.identity();
        input.answers(403);
    }
}

/// Rejection of [`Claims`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ClaimsRejection {
    /// The client is not identified: 401.
    NotIdentified(NotIdentified),
    /// The claims do not match this type: 403. The reason is logged.
    Unfit(&'static str),
}

impl fmt::Display for ClaimsRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotIdentified(refusal) => refusal.fmt(f),
            Self::Unfit(_) => f.write_str("the credentials lack claims that this route requires"),
        }
    }
}

impl std::error::Error for ClaimsRejection {}

impl IntoResponse for ClaimsRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NotIdentified(refusal) => refusal.into_response(),
            Self::Unfit(_) => Problem::forbidden(self.to_string()).into_response(),
        }
    }
}
