//! Decides which requests use the cache.

use axum::{
    body::{Body, HttpBody},
    extract::Request,
};
use http::{HeaderMap, HeaderName, Method, header};

use crate::{
    cache::{
        headers::{range::RangeRequest, status::Fwd},
        http::policy::Policy,
    },
    identity::Identity,
    route::Audience,
};

/// Whether a request is looked up in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum CacheAdmission {
    Lookup(RequestKind),
    /// The handler is called, whatever is stored.
    Bypass(Fwd),
    /// The request is looked up once [`strip`] has removed what would make the handler run.
    Strip,
}

/// The properties of a request that is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct RequestKind {
    /// Whether it has directives in `Cache-Control` or `Pragma` that count.
    pub(in crate::cache) directives: bool,
    /// Whether the client names the response that it has: `If-None-Match`, `If-Modified-Since`.
    pub(in crate::cache) conditions: bool,
    /// Whether the client asks for a part of the content: one `Range` of bytes.
    pub(in crate::cache) range: bool,
    /// Whether it has credentials and the route does not declare who shares its responses: then only `public`,
    /// `s-maxage` or `must-revalidate` responses may be served and stored (RFC 9111 §3.5).
    pub(in crate::cache) credentials: bool,
}

impl RequestKind {
    /// Whether any fresh response can be served as it is stored.
    #[inline]
    pub(in crate::cache) fn is_plain(self) -> bool {
        !self.directives && !self.conditions && !self.range && !self.credentials
    }
}

/// Decides whether `request` is looked up, and with which properties.
#[inline]
pub(in crate::cache) fn admit(policy: &Policy, request: &Request) -> CacheAdmission {
    let method = request.method();
    if *method != Method::GET && *method != Method::HEAD {
        return CacheAdmission::Bypass(Fwd::Method);
    }
    let relevant = RelevantHeaders::of(request.headers());
    let bypass =
        if policy.honour_client_directives { CacheAdmission::Bypass(Fwd::Bypass) } else { CacheAdmission::Strip };
    // `Range` has no meaning in a HEAD request (RFC 9110 §14.2).
    let range = relevant.has(RelevantHeaders::RANGE) && *method == Method::GET;
    let is_for_handler = relevant.has(RelevantHeaders::BYPASSES) || !request.body().is_end_stream();
    if is_for_handler || range && RangeRequest::of(request.headers()).is_none() {
        return bypass;
    }
    let has_credentials = relevant.has(RelevantHeaders::CREDENTIALS);
    let is_identified = || request.extensions().get::<Identity>().is_some();
    let credentials = match policy.audience {
        None if has_credentials && bypass == CacheAdmission::Strip && !is_identified() => return bypass,
        None => has_credentials || is_identified(),
        Some(Audience::Everyone) => false,
        // The credentials are not verified, so there is no user to store the response for.
        Some(Audience::User) if has_credentials && !is_identified() => return bypass,
        Some(Audience::User) => false,
    };
    if credentials && *method == Method::HEAD {
        return CacheAdmission::Bypass(Fwd::Bypass);
    }
    CacheAdmission::Lookup(RequestKind {
        directives: policy.honour_client_directives && relevant.has(RelevantHeaders::DIRECTIVES),
        conditions: relevant.has(RelevantHeaders::CONDITIONS),
        range,
        credentials,
    })
}

/// Removes what makes the handler run for this request alone, on a route that does not honour clients: `Range`,
/// preconditions, content, and credentials that no verifier has accepted. The handler does not see them either, since
/// other clients may get its response.
#[cold]
pub(in crate::cache) fn strip(policy: &Policy, request: &mut Request) {
    *request.body_mut() = Body::empty();
    let is_identified = request.extensions().get::<Identity>().is_some();
    let headers = request.headers_mut();
    for name in STRIPPED {
        headers.remove(name);
    }
    if policy.audience != Some(Audience::Everyone) && !is_identified {
        headers.remove(header::AUTHORIZATION);
    }
}

/// The headers that make the handler run, and those that describe the content.
const STRIPPED: [HeaderName; 8] = [
    header::RANGE,
    header::IF_RANGE,
    header::IF_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::TRANSFER_ENCODING,
];

/// The headers of a request that concern a cache. Most requests have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RelevantHeaders(u8);

impl RelevantHeaders {
    /// The request depends on the client's copy: only the handler can answer it.
    const BYPASSES: u8 = 1;
    const CREDENTIALS: u8 = 2;
    const DIRECTIVES: u8 = 4;
    const CONDITIONS: u8 = 8;
    const RANGE: u8 = 16;

    /// One pass over the few headers of a request costs less than a search for each name.
    #[inline]
    fn of(headers: &HeaderMap) -> Self {
        Self(headers.keys().fold(0, |bits, name| bits | Self::bit(name)))
    }

    #[inline]
    fn bit(name: &HeaderName) -> u8 {
        match name.as_str() {
            "if-match" | "if-unmodified-since" => Self::BYPASSES,
            "range" => Self::RANGE,
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
