//! What an answer says about the cache: `X-Cache`, and `Cache-Status` (RFC 9211).

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::observe::CacheOutcome;

/// In a word: `HIT`, `MISS`, `STALE` or `BYPASS`.
pub(in crate::cache) const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
/// A digest of the key, where somebody wants to see it.
pub(in crate::cache) const X_CACHE_KEY: HeaderName = HeaderName::from_static("x-cache-key");
/// RFC 9211.
pub(in crate::cache) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

pub(in crate::cache) const HIT: HeaderValue = HeaderValue::from_static("HIT");
pub(in crate::cache) const MISS: HeaderValue = HeaderValue::from_static("MISS");
pub(in crate::cache) const STALE: HeaderValue = HeaderValue::from_static("STALE");
pub(in crate::cache) const BYPASS: HeaderValue = HeaderValue::from_static("BYPASS");

/// Why the handler is asked (RFC 9211 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum Fwd {
    /// There is nothing.
    UriMiss,
    /// There are only answers to other requests for it.
    VaryMiss,
    /// What there is has become stale.
    Stale,
    /// What there is does not do for what the client asks.
    Request,
    /// The cache has no say in it.
    Bypass,
    /// It is no request for something.
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

    /// With nothing more to say.
    pub(in crate::cache) const fn value(self) -> HeaderValue {
        HeaderValue::from_static(self.as_str())
    }

    /// The answer was stored.
    pub(in crate::cache) fn stored(self) -> HeaderValue {
        self.with("; stored")
    }

    /// The answer is what somebody else's request brought.
    pub(in crate::cache) fn collapsed(self) -> HeaderValue {
        self.with("; collapsed")
    }

    /// The handler has said that what there was still holds.
    pub(in crate::cache) fn validated(self) -> HeaderValue {
        self.with("; fwd-status=304; stored")
    }

    /// There was only the handler to answer, and it was not to be asked.
    pub(in crate::cache) fn refused(self) -> HeaderValue {
        self.with("; detail=\"only-if-cached\"")
    }

    fn with(self, more: &str) -> HeaderValue {
        value(&format!("{}{more}", self.as_str()))
    }
}

/// Why a stale answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum Because {
    /// It is being refreshed (RFC 5861 §3).
    Revalidating,
    /// The handler has failed (RFC 5861 §4).
    Failed,
    /// The client says that it will do (RFC 9111 §5.2.1.2).
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

/// A stored answer, fresh for so many seconds; after what caches further in have said.
pub(in crate::cache) fn hit(before: Option<&HeaderValue>, ttl: i64, because: Option<Because>) -> HeaderValue {
    let detail = because.map_or_else(String::new, |because| format!("; detail=\"{}\"", because.as_str()));
    after(before, value(&format!("routekit; hit; ttl={ttl}{detail}")))
}

/// This, after what caches further in have said.
pub(in crate::cache) fn after(before: Option<&HeaderValue>, status: HeaderValue) -> HeaderValue {
    let Some(before) = before else { return status };
    HeaderValue::from_bytes(&[before.as_bytes(), status.as_bytes()].join(&b", "[..]))
        .expect("two values are one, joined")
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("all of it is visible")
}

/// Marks an answer that came from the handler, after what caches further in have said.
pub(in crate::cache) fn mark(response: &mut Response, word: HeaderValue, status: HeaderValue) {
    let stored = word == MISS && status.as_bytes().ends_with(b"; stored");
    response.extensions_mut().insert(if stored { CacheOutcome::Stored } else { CacheOutcome::NotStored });
    response.headers_mut().insert(X_CACHE, word);
    response.headers_mut().append(CACHE_STATUS, status);
}

/// The response with what the cache did, for the app's warm-up.
pub(in crate::cache) fn with_outcome(mut response: Response, outcome: CacheOutcome) -> Response {
    response.extensions_mut().insert(outcome);
    response
}

/// All that is said in `Cache-Status`, on one line.
pub(in crate::cache) fn said(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines: Vec<&[u8]> = headers.get_all(&CACHE_STATUS).iter().map(HeaderValue::as_bytes).collect();
    (!lines.is_empty()).then(|| HeaderValue::from_bytes(&lines.join(&b", "[..])).expect("values are one, joined"))
}
