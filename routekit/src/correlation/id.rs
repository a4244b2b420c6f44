//! The id of a request.

use std::{convert::Infallible, fmt};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, request::Parts};

use super::uuid_v7;
use crate::{
    base::clock::Clock,
    observe::Exchange,
    problem::Problem,
    route::{Describe, Input, NoPayload},
};

pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: 1 to 128 characters of `[A-Za-z0-9._-]`, not only dots. Cloning it clones one reference count.
#[derive(Clone, PartialEq, Eq)]
pub struct CorrelationId(HeaderValue);

impl CorrelationId {
    /// Creates an id: a UUID version 7 (RFC 9562 §5.7) of the current time and 74 random bits.
    ///
    /// The random bits distinguish requests. They are not secret.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let millis = u64::try_from(clock.unix_time().as_millis()).unwrap_or(u64::MAX);
        let text = uuid_v7::text(millis, fastrand::u128(..));
        // Shared from the start, because the value will be cloned, and a copy would then allocate again.
        let value = HeaderValue::from_maybe_shared(Bytes::from_owner(text));
        Self(value.expect("hexadecimal digits and hyphens are visible ASCII"))
    }

    /// The id that a request contains, if it is valid: the first `X-Correlation-ID`, else the first `X-Request-ID`.
    ///
    /// Comparing every name is cheaper than two look-ups, which would hash two names.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let (mut correlation, mut request) = (None, None);
        for (name, value) in headers {
            if name == CORRELATION_ID {
                correlation = correlation.or(Some(value));
            } else if name == REQUEST_ID {
                request = request.or(Some(value));
            }
        }
        let well_formed = |value: &&HeaderValue| is_well_formed(value.as_bytes());
        correlation.filter(well_formed).or(request.filter(well_formed)).cloned().map(Self)
    }

    /// The id of the request with these extensions, if a layer has set it.
    fn within(extensions: &Extensions) -> Option<Self> {
        let watched = extensions.get::<Exchange>().and_then(Exchange::correlation_id).map(Self);
        watched.or_else(|| extensions.get().cloned())
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("a well-formed id is ASCII")
    }

    /// Converts a value that was already an id.
    pub(super) fn from_header(id: HeaderValue) -> Self {
        Self(id)
    }

    pub(super) fn into_header(self) -> HeaderValue {
        self.0
    }
}

fn is_well_formed(id: &[u8]) -> bool {
    let is_allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    // As the segment of a URL, `.` and `..` are resolved (RFC 3986 §5.2.4).
    (1..=128).contains(&id.len()) && id.iter().all(is_allowed) && id.iter().any(|b| *b != b'.')
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CorrelationId({self})")
    }
}

impl<S: Sync> FromRequestParts<S> for CorrelationId {
    type Rejection = NoCorrelationId;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoCorrelationId> {
        Self::within(&parts.extensions).ok_or(NoCorrelationId)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for CorrelationId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::within(&parts.extensions))
    }
}

impl Describe for CorrelationId {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.app();
    }
}

/// The rejection of a [`CorrelationId`] in a handler without a [`CorrelationLayer`](super::CorrelationLayer): 500.
#[derive(Debug, Clone, Copy)]
pub struct NoCorrelationId;

impl fmt::Display for NoCorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no `CorrelationLayer` stands around this handler")
    }
}

impl std::error::Error for NoCorrelationId {}

impl IntoResponse for NoCorrelationId {
    fn into_response(self) -> Response {
        Problem::internal(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::clock::ManualClock;

    #[test]
    fn well_formed_ids_are_kept() {
        let rows = [
            ("none", None, None, None),
            ("correlation", Some("a.B_9-"), None, Some("a.B_9-")),
            ("request", None, Some("r"), Some("r")),
            ("both", Some("c"), Some("r"), Some("c")),
            ("a bad one beside a good one", Some("a b"), Some("r"), Some("r")),
            ("empty", Some(""), None, None),
            ("only dots", Some(".."), None, None),
            ("dots and a letter", Some("..a"), None, Some("..a")),
            ("a line break in disguise", Some("a%0ab"), None, None),
            ("a quote", Some("a\"b"), None, None),
        ];
        for (name, correlation, request, expected) in rows {
            let expected: Option<&str> = expected;
            let mut headers = HeaderMap::new();
            if let Some(value) = correlation {
                headers.insert(CORRELATION_ID, value.parse().unwrap());
            }
            if let Some(value) = request {
                headers.insert(REQUEST_ID, value.parse().unwrap());
            }
            assert_eq!(CorrelationId::of(&headers).as_ref().map(CorrelationId::as_str), expected, "{name}");
        }
        let of_length = |length| HeaderMap::from_iter([(CORRELATION_ID, "x".repeat(length).parse().unwrap())]);
        assert!(CorrelationId::of(&of_length(128)).is_some());
        assert!(CorrelationId::of(&of_length(129)).is_none());
        let umlaut = HeaderMap::from_iter([(CORRELATION_ID, HeaderValue::from_bytes(b"\xc3\xa4").unwrap())]);
        assert!(CorrelationId::of(&umlaut).is_none());
    }

    #[test]
    fn new_ids_are_sorted_by_time() {
        let clock = ManualClock::new();
        let mut ids = Vec::new();
        for _ in 0..100 {
            ids.push(CorrelationId::new(&clock.clock()));
            clock.advance(Duration::from_millis(1));
        }
        assert!(ids.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()));
        assert_eq!(uuid::Uuid::parse_str(ids[0].as_str()).unwrap().get_version_num(), 7);
    }
}
