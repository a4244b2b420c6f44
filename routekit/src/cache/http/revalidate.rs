//! Asking the handler whether what is stored still holds (RFC 9111 §4.3).

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, header};

use crate::cache::{
    Entry,
    aged_headers::CDN_CACHE_CONTROL,
    headers::etag,
    snapshot::lasting,
    status::{CACHE_STATUS, X_CACHE, X_CACHE_KEY},
};

/// Has a request ask for this answer only if it has changed.
pub(in crate::cache) fn ask_whether_changed(request: &mut HeaderMap, entry: &Entry) {
    let stored = entry.headers();
    if let Some(etag) = stored.get(header::ETAG).filter(|_| !entry.added().etag) {
        request.insert(header::IF_NONE_MATCH, etag.clone());
    }
    if let Some(date) = stored.get(header::LAST_MODIFIED) {
        request.insert(header::IF_MODIFIED_SINCE, date.clone());
    }
}

/// The stored answer with what the handler now says of it (RFC 9111 §3.2). None if that is about another answer (§4.3.4).
pub(in crate::cache) fn freshened(entry: &Entry, overwritten: &[HeaderName], said: &Response) -> Option<Response> {
    let mut headers = as_handled(entry, overwritten);
    let stored = headers.get(header::ETAG);
    let is_about_it = |said| stored.is_some_and(|stored| etag::selects(said, stored));
    if !said.headers().get(header::ETAG).is_none_or(is_about_it) {
        return None;
    }
    let updates: Vec<_> = lasting(said.headers()).filter(|(name, _)| !KEPT.contains(name)).collect();
    for (name, _) in &updates {
        headers.remove(*name);
    }
    for (name, value) in updates {
        headers.append(name, value.clone());
    }
    let mut response = Response::new(Body::from(entry.body().clone()));
    *response.status_mut() = entry.status();
    *response.headers_mut() = headers;
    Some(response)
}

/// What is stored depends on these, and a 304 has no content that they could be about.
const KEPT: [HeaderName; 4] =
    [header::CONTENT_ENCODING, header::CONTENT_TYPE, header::CONTENT_RANGE, header::CONTENT_LENGTH];

/// The headers that came from the handler.
fn as_handled(entry: &Entry, overwritten: &[HeaderName]) -> HeaderMap {
    let mut headers = entry.headers();
    for name in [&X_CACHE, &X_CACHE_KEY, &CACHE_STATUS, &header::AGE, &header::DATE] {
        headers.remove(name);
    }
    let added = entry.added();
    let added = [
        added.etag.then_some(header::ETAG),
        added.cache_control.then_some(header::CACHE_CONTROL),
        added.cdn_cache_control.then_some(CDN_CACHE_CONTROL),
    ];
    for name in added.iter().flatten().chain(overwritten) {
        headers.remove(name);
    }
    headers
}
