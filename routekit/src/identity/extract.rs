//! [`Identity`] as an extractor.

use std::{convert::Infallible, fmt};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header, request::Parts};

use super::{identity::Identity, seen::see};
use crate::{
    problem::Problem,
    route::{Describe, Input, NoPayload},
};

/// The realm of the challenges (RFC 9110 §11.5).
pub(crate) const REALM: &str = "routekit";

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = NotIdentified;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotIdentified> {
        see(&parts.extensions).cloned().ok_or(NotIdentified)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(see(&parts.extensions).cloned())
    }
}

impl Describe for Identity {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.identity();
    }
}

/// Rejection of [`Identity`]: the client is not identified. 401.
///
/// Declared routes are checked at start-up, so this happens only in hand-written routers.
#[derive(Debug, Clone, Copy)]
pub struct NotIdentified;

impl fmt::Display for NotIdentified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("credentials are required")
    }
}

impl std::error::Error for NotIdentified {}

impl From<NotIdentified> for Problem {
    fn from(refusal: NotIdentified) -> Self {
        let challenge = HeaderValue::from_str(&format!(r#"Bearer realm="{REALM}""#));
        Self::unauthorized(refusal.to_string())
            .with_header(header::WWW_AUTHENTICATE, challenge.expect("a realm is visible ASCII"))
    }
}

impl IntoResponse for NotIdentified {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
