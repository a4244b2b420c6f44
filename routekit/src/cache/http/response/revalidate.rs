//! Revalidation: calling the handler to find out whether a stale response is still current (RFC 9111 §4.3).

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, header};

use crate::cache::{
    headers::{
        etag,
        status::{CACHE_STATUS, X_CACHE, X_CACHE_KEY},
        targeted::CDN_CACHE_CONTROL,
    },
    store::{buffered_response::lasting, stored_response::StoredResponse},
};

/// Adds the validators of a stored response to a request for the handler.
pub(in crate::cache) fn add_validators(request: &mut HeaderMap, stored: &StoredResponse) {
    let headers = stored.headers();
    if let Some(etag) = headers.get(header::ETAG).filter(|_| !stored.added().etag) {
        request.insert(header::IF_NONE_MATCH, etag.clone());
    }
    if let Some(date) = headers.get(header::LAST_MODIFIED) {
        request.insert(header::IF_MODIFIED_SINCE, date.clone());
    }
}

/// The stored response, updated by the headers of a 304 (RFC 9111 §3.2). `None` if the 304 confirms another response
/// (§4.3.4), or if the stored body is damaged.
pub(in crate::cache) fn updated(
    stored: &StoredResponse,
    overwritten: &[HeaderName],
    not_modified: &Response,
) -> Option<Response> {
    let mut headers = handler_headers(stored, overwritten);
    let etag = headers.get(header::ETAG);
    let selects = |said| etag.is_some_and(|etag| etag::selects(said, etag));
    if !not_modified.headers().get(header::ETAG).is_none_or(selects) {
        return None;
    }
    let updates: Vec<_> = lasting(not_modified.headers()).filter(|(name, _)| !NEVER_UPDATED.contains(name)).collect();
    for (name, _) in &updates {
        headers.remove(*name);
    }
    for (name, value) in updates {
        headers.append(name, value.clone());
    }
    let mut response = Response::new(Body::from(stored.plain_body()?));
    *response.status_mut() = stored.status();
    *response.headers_mut() = headers;
    Some(response)
}

/// Headers that describe the stored content, which a 304 does not update.
const NEVER_UPDATED: [HeaderName; 4] =
    [header::CONTENT_ENCODING, header::CONTENT_TYPE, header::CONTENT_RANGE, header::CONTENT_LENGTH];

/// The headers of the handler, without those that the cache and outer layers add.
fn handler_headers(stored: &StoredResponse, overwritten: &[HeaderName]) -> HeaderMap {
    let mut headers = stored.headers();
    for name in [&X_CACHE, &X_CACHE_KEY, &CACHE_STATUS, &header::AGE, &header::DATE] {
        headers.remove(name);
    }
    let added = stored.added();
    let vary: Vec<_> = headers.get_all(header::VARY).iter().cloned().collect();
    headers.remove(header::VARY);
    for line in vary.iter().take(vary.len().saturating_sub(added.vary_lines)) {
        headers.append(header::VARY, line.clone());
    }
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
