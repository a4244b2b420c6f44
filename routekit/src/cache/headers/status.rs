//! The headers in which a response describes the cache: `X-Cache`, and `Cache-Status` (RFC 9211).

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::observe::CacheOutcome;

/// One word: `HIT`, `MISS`, `STALE` or `BYPASS`.
pub(in crate::cache) const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
/// A digest of the key, if debug headers are on.
pub(in crate::cache) const X_CACHE_KEY: HeaderName = HeaderName::from_static("x-cache-key");
/// RFC 9211.
pub(in crate::cache) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

pub(in crate::cache) const HIT: HeaderValue = HeaderValue::from_static("HIT");
pub(in crate::cache) const MISS: HeaderValue = HeaderValue::from_static("MISS");
pub(in crate::cache) const STALE: HeaderValue = HeaderValue::from_static("STALE");
pub(in crate::cache) const BYPASS: HeaderValue = HeaderValue::from_static("BYPASS");

/// The reason why the handler is called: the `fwd` parameter (RFC 9211 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum Fwd {
    /// No response is stored for the URI.
    UriMiss,
    /// Only responses to requests with other header values are stored.
    VaryMiss,
    /// The stored response is stale.
    Stale,
    /// The stored response does not satisfy the directives of the client.
    Request,
    /// The request bypasses the cache.
    Bypass,
    /// The method is neither GET nor HEAD.
    Method,
}

impl Fwd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::UriMiss => "routekit; fwd=uri-miss",
            Self::VaryMiss => "routekit; fwd=vary-miss",
            Self::Stale => "routekit; fwd=stale",
            Self::Request => "routekit; fwd=request",
            Self::Bypass => "routekit; fwd=bypass",
            Self::Method => "routekit; fwd=method",
        }
    }

    /// `Cache-Status` of a response that was fetched by another request.
    pub(in crate::cache) fn collapsed(self) -> HeaderValue {
        self.with("; collapsed")
    }

    fn with(self, parameters: &str) -> HeaderValue {
        value(&format!("{}{parameters}", self.as_str()))
    }
}

/// Marks the response of a handler to a request that bypasses the cache, or that is for this client only.
pub(in crate::cache) fn mark_bypass(response: &mut Response, fwd: Fwd) {
    mark(response, (BYPASS, HeaderValue::from_static(fwd.as_str())), CacheOutcome::NotStored);
}

/// Marks the response of a handler that failed.
pub(in crate::cache) fn mark_failed(response: &mut Response, fwd: Fwd) {
    mark(response, (MISS, HeaderValue::from_static(fwd.as_str())), CacheOutcome::NotStored);
}

/// Marks the failure of another request, for which this one waited.
pub(in crate::cache) fn mark_collapsed_failure(response: &mut Response, fwd: Fwd) {
    mark(response, (MISS, fwd.collapsed()), CacheOutcome::NotStored);
}

/// Marks a response that was stored; with `revalidated`, after the handler answered 304.
pub(in crate::cache) fn mark_stored(response: &mut Response, fwd: Fwd, revalidated: bool) {
    let status = fwd.with(if revalidated { "; fwd-status=304; stored" } else { "; stored" });
    mark(response, (MISS, status), CacheOutcome::Stored);
}

/// Marks the response to an `only-if-cached` request that no stored response satisfies.
pub(in crate::cache) fn mark_only_if_cached(response: &mut Response, fwd: Fwd) {
    mark(response, (MISS, fwd.with("; detail=\"only-if-cached\"")), CacheOutcome::OnlyIfCached);
}

/// Adds the status after those of inner caches.
fn mark(response: &mut Response, (word, status): (HeaderValue, HeaderValue), outcome: CacheOutcome) {
    response.extensions_mut().insert(outcome);
    response.headers_mut().insert(X_CACHE, word);
    response.headers_mut().append(CACHE_STATUS, status);
}

/// Records the outcome in the extensions of a stored response that is served.
pub(in crate::cache) fn with_outcome(mut response: Response, outcome: CacheOutcome) -> Response {
    response.extensions_mut().insert(outcome);
    response
}

/// The reason why a stale response is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum Because {
    /// A refresh runs in the background (RFC 5861 §3).
    Revalidating,
    /// The handler failed (RFC 5861 §4).
    Failed,
    /// The client accepts stale responses: `max-stale` (RFC 9111 §5.2.1.2).
    Asked,
}

impl Because {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Revalidating => "stale-while-revalidate",
            Self::Failed => "stale-if-error",
            Self::Asked => "max-stale",
        }
    }
}

/// `Cache-Status` of a stored response that is fresh for `ttl` seconds, after the statuses of inner caches.
pub(in crate::cache) fn hit(before: Option<&HeaderValue>, ttl: i64, because: Option<Because>) -> HeaderValue {
    let detail = because.map_or_else(String::new, |because| format!("; detail=\"{}\"", because.as_str()));
    after(before, value(&format!("routekit; hit; ttl={ttl}{detail}")))
}

/// `status` after the statuses of inner caches.
pub(in crate::cache) fn after(before: Option<&HeaderValue>, status: HeaderValue) -> HeaderValue {
    let Some(before) = before else { return status };
    HeaderValue::from_bytes(&[before.as_bytes(), status.as_bytes()].join(&b", "[..]))
        .expect("two header values, joined, are one")
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("the text is visible ASCII")
}

/// All statuses in a response, on one line.
pub(in crate::cache) fn said(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines: Vec<&[u8]> = headers.get_all(&CACHE_STATUS).iter().map(HeaderValue::as_bytes).collect();
    (!lines.is_empty())
        .then(|| HeaderValue::from_bytes(&lines.join(&b", "[..])).expect("header values, joined, are one"))
}
