//! Conditional requests of clients (RFC 9110 §13, RFC 9111 §4.3.2).

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{
    base::clock::Clock,
    cache::headers::{
        date, etag,
        range::{Part, RangeRequest},
        status::{CACHE_STATUS, X_CACHE},
    },
    problem::Problem,
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

/// Turns a complete response with this content into a 206 or a 416, if the client asks for a part of it
/// (RFC 9110 §14.2).
pub(in crate::cache) fn take_part(response: &mut Response, content: &Bytes, range: &RangeRequest) {
    if response.status() != StatusCode::OK {
        return;
    }
    let length = content.len();
    match range.part(response.headers(), length) {
        Part::Whole => {}
        Part::Bytes(bytes) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let part = format!("bytes {}-{}/{length}", bytes.start, bytes.end.saturating_sub(1));
            response.headers_mut().insert(header::CONTENT_RANGE, content_range(&part));
            response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
            *response.body_mut() = Body::from(content.slice(bytes));
        }
        Part::Unsatisfiable => {
            let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE);
            // A header of the problem, which is rendered again further out.
            let problem = problem.with_header(header::CONTENT_RANGE, content_range(&format!("bytes */{length}")));
            let mut refusal = problem.with_detail("the range begins behind the end of the content").into_response();
            for name in [X_CACHE, CACHE_STATUS] {
                refusal.headers_mut().extend(response.headers().get(&name).cloned().map(|value| (name, value)));
            }
            refusal.extensions_mut().extend(std::mem::take(response.extensions_mut()));
            *response = refusal;
        }
    }
}

fn content_range(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("letters and digits are visible ASCII")
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
