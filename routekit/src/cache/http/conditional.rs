//! Requests of clients that have an answer already (RFC 9110 §13, RFC 9111 §4.3.2).

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, StatusCode, header};

use crate::cache::headers::{date, etag};

/// Says 304 where that is all that a client needs to be told.
pub(in crate::cache) fn shorten(response: &mut Response, conditions: Option<&HeaderMap>) {
    let Some(conditions) = conditions else { return };
    if !(APPLY.contains(&response.status()) && is_known(conditions, response.headers())) {
        return;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    for name in &ABOUT_CONTENT {
        headers.remove(name);
    }
    if headers.contains_key(header::ETAG) {
        headers.remove(header::LAST_MODIFIED);
    }
}

/// Conditions are about an answer with content, and about no other (RFC 9110 §13.2.1).
const APPLY: [StatusCode; 2] = [StatusCode::OK, StatusCode::NON_AUTHORITATIVE_INFORMATION];

/// What is about the content, which does not come (RFC 9110 §15.4.5).
const ABOUT_CONTENT: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_RANGE,
];

/// Whether the client has this answer: by its tag, and by a date only where it names no tag (RFC 9110 §13.2.2).
fn is_known(conditions: &HeaderMap, headers: &HeaderMap) -> bool {
    if let Some(known) = etag::none_match(conditions, headers.get(header::ETAG)) {
        return known;
    }
    let mut since = conditions.get_all(header::IF_MODIFIED_SINCE).iter();
    // Two dates are none (RFC 9110 §13.1.3).
    let (Some(since), None) = (since.next().and_then(date::parse), since.next()) else { return false };
    let changed = headers.get(header::LAST_MODIFIED).or_else(|| headers.get(header::DATE));
    changed.and_then(date::parse).is_some_and(|changed| changed <= since)
}
