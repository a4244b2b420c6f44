//! Conditional requests of clients (RFC 9110 §13, RFC 9111 §4.3.2).

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, StatusCode, header};

use crate::{
    base::clock::Clock,
    cache::headers::{date, etag},
};

/// Turns `response` into a 304 if the client already has it, according to its `conditions`.
pub(in crate::cache) fn shorten(response: &mut Response, conditions: Option<&HeaderMap>, clock: &Clock) {
    let Some(conditions) = conditions else { return };
    let now = clock.unix_time();
    if !(CONDITIONAL.contains(&response.status()) && client_has(conditions, response.headers(), now)) {
        return;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    for name in &CONTENT_HEADERS {
        headers.remove(name);
    }
    if headers.contains_key(header::ETAG) {
        headers.remove(header::LAST_MODIFIED);
    }
}

/// Conditions apply only to responses with the content of the resource (RFC 9110 §13.2.1).
const CONDITIONAL: [StatusCode; 2] = [StatusCode::OK, StatusCode::NON_AUTHORITATIVE_INFORMATION];

/// Headers that describe the content, which a 304 does not have (RFC 9110 §15.4.5).
const CONTENT_HEADERS: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_RANGE,
];

/// Checks `If-None-Match`, or else `If-Modified-Since` (RFC 9110 §13.2.2).
fn client_has(conditions: &HeaderMap, headers: &HeaderMap, now: Duration) -> bool {
    if let Some(matches) = etag::none_match(conditions, headers.get(header::ETAG)) {
        return matches;
    }
    let mut since = conditions.get_all(header::IF_MODIFIED_SINCE).iter();
    // A repeated date is ignored (RFC 9110 §13.1.3).
    let (Some(since), None) = (since.next().and_then(|date| date::parse(date, now)), since.next()) else {
        return false;
    };
    // `Date` is not compared: it would confirm a response that changed within the same second.
    let modified = headers.get(header::LAST_MODIFIED).and_then(|date| date::parse(date, now));
    modified.is_some_and(|modified| modified <= since)
}
