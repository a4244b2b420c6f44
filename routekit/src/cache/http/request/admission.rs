//! Which requests the cache takes part in.

use axum::{body::HttpBody, extract::Request};
use http::{HeaderMap, HeaderName, Method};

use crate::{
    cache::{headers::status::Fwd, http::policy::Policy},
    identity::Identity,
    route::Audience,
};

/// Whether a request is looked up in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum CacheAdmission {
    Lookup(RequestKind),
    /// The handler is called, whatever is stored.
    Bypass(Fwd),
}

/// What has to be considered for a request that is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct RequestKind {
    /// It has directives in `Cache-Control` or `Pragma` that count.
    pub(in crate::cache) directives: bool,
    /// The client names the response that it has: `If-None-Match`, `If-Modified-Since`.
    pub(in crate::cache) conditions: bool,
    /// It has credentials and the route does not say who shares its responses: only `public`, `s-maxage` or
    /// `must-revalidate` responses may be served and stored (RFC 9111 §3.5).
    pub(in crate::cache) credentials: bool,
}

impl RequestKind {
    /// Any fresh response can be served as it is stored.
    #[inline]
    pub(in crate::cache) fn is_plain(self) -> bool {
        !self.directives && !self.conditions && !self.credentials
    }
}

/// Whether `request` is looked up, and what has to be considered then.
#[inline]
pub(in crate::cache) fn admit(policy: &Policy, request: &Request) -> CacheAdmission {
    let method = request.method();
    if *method != Method::GET && *method != Method::HEAD {
        return CacheAdmission::Bypass(Fwd::Method);
    }
    let relevant = RelevantHeaders::of(request.headers());
    if relevant.has(RelevantHeaders::BYPASSES) || !request.body().is_end_stream() {
        return CacheAdmission::Bypass(Fwd::Bypass);
    }
    let has_credentials = relevant.has(RelevantHeaders::CREDENTIALS);
    let is_identified = || request.extensions().get::<Identity>().is_some();
    let credentials = match policy.audience {
        None => has_credentials || is_identified(),
        Some(Audience::Everyone) => false,
        // The credentials are not verified: there is no user to store the response for.
        Some(Audience::User) if has_credentials && !is_identified() => return CacheAdmission::Bypass(Fwd::Bypass),
        Some(Audience::User) => false,
    };
    if credentials && *method == Method::HEAD {
        return CacheAdmission::Bypass(Fwd::Bypass);
    }
    CacheAdmission::Lookup(RequestKind {
        directives: policy.honour_client_directives && relevant.has(RelevantHeaders::DIRECTIVES),
        conditions: relevant.has(RelevantHeaders::CONDITIONS),
        credentials,
    })
}

/// Which headers that concern a cache a request has. Most requests have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RelevantHeaders(u8);

impl RelevantHeaders {
    /// The request is for a part of a response, or depends on the client's copy: only the handler can answer it.
    const BYPASSES: u8 = 1;
    const CREDENTIALS: u8 = 2;
    const DIRECTIVES: u8 = 4;
    const CONDITIONS: u8 = 8;

    /// One pass over the few headers of a request costs less than a search for each name.
    #[inline]
    fn of(headers: &HeaderMap) -> Self {
        Self(headers.keys().fold(0, |bits, name| bits | Self::bit(name)))
    }

    #[inline]
    fn bit(name: &HeaderName) -> u8 {
        match name.as_str() {
            "range" | "if-match" | "if-unmodified-since" => Self::BYPASSES,
            "authorization" => Self::CREDENTIALS,
            "cache-control" | "pragma" => Self::DIRECTIVES,
            "if-none-match" | "if-modified-since" => Self::CONDITIONS,
            _ => 0,
        }
    }

    #[inline]
    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}
