//! Decides whether a response may be stored, and for how long (RFC 9111 §3, §4.2).

use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body::Body as _;

use crate::{
    cache::{
        headers::{ResponseControl, date, etag, vary},
        http::response::parts::NoStore,
        store::stored_response::Reuse,
    },
    observe::FallbackResponse,
};

/// The decision about a response.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cache) enum Storability {
    Store(Storing),
    /// A 5xx, or a fallback in its place: shared with the waiting requests, and not stored.
    Failure,
    /// Sent to this client only, for this reason.
    Forbidden(&'static str),
}

/// The properties of a response that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache) struct Storing {
    /// The freshness lifetime, counted from when the response was generated.
    pub(in crate::cache) lifetime: Duration,
    /// Whether the response states its lifetime.
    pub(in crate::cache) explicit: bool,
    /// The age of the response when it was received.
    pub(in crate::cache) age: Duration,
    pub(in crate::cache) reuse: Reuse,
    /// The request headers that the response varies by and that are not yet part of the key.
    pub(in crate::cache) vary: Vec<HeaderName>,
}

/// The circumstances of a response.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Received {
    /// The wall clock when it was received, since 1970.
    pub(in crate::cache) at: Duration,
    /// How long the response took.
    pub(in crate::cache) took: Duration,
    /// Whether the request has credentials and the route does not declare who shares its responses.
    pub(in crate::cache) credentials: bool,
}

/// The declaration of a route about its responses.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Rules {
    pub(in crate::cache) ttl: Option<Duration>,
    pub(in crate::cache) max_body: u64,
    /// The request headers that are part of the key.
    pub(in crate::cache) vary: Box<[HeaderName]>,
    pub(in crate::cache) stale_while_revalidate: Duration,
    pub(in crate::cache) stale_if_error: Duration,
}

/// Statuses that the `ttl` applies to: those that are heuristically cacheable (RFC 9110 §15.1) and have lasting
/// content.
const BY_DEFAULT: [StatusCode; 5] = [
    StatusCode::OK,
    StatusCode::NON_AUTHORITATIVE_INFORMATION,
    StatusCode::NO_CONTENT,
    StatusCode::MULTIPLE_CHOICES,
    StatusCode::MOVED_PERMANENTLY,
];

/// Statuses that are never stored, whatever the response states: a part, a 304, and those that no cache may store (RFC
/// 6585 §3, §4, §5). Others are stored if the response states its lifetime (RFC 9111 §3).
const NEVER: [StatusCode; 5] = [
    StatusCode::PARTIAL_CONTENT,
    StatusCode::NOT_MODIFIED,
    StatusCode::PRECONDITION_REQUIRED,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
];

/// The largest number of request headers that the responses of one key may vary by.
pub(in crate::cache) const MAX_VARYING: usize = 16;

impl Rules {
    /// Decides whether `response` may be stored. In doubt, it may not.
    pub(in crate::cache) fn storability(&self, response: &Response, received: Received) -> Storability {
        let (status, headers) = (response.status(), response.headers());
        if status.is_server_error() || response.extensions().get::<FallbackResponse>().is_some() {
            return Storability::Failure;
        }
        let by_default = BY_DEFAULT.contains(&status);
        if status.is_informational() || NEVER.contains(&status) {
            return Storability::Forbidden("its status");
        }
        let directives = ResponseDirectives::of(headers);
        if let Some(why) = forbidden(response, &directives.control) {
            return Storability::Forbidden(why);
        }
        // RFC 9111 §5.2.2.3.
        if directives.control.must_understand && status.canonical_reason().is_none() {
            return Storability::Forbidden("its status is not known, and must be");
        }
        if received.credentials && !directives.is_open() {
            return Storability::Forbidden("the request has credentials, and the response is not for all");
        }
        let Some(vary) = self.varies_by(headers) else { return Storability::Forbidden("it varies by anything") };
        match response.body().size_hint().exact() {
            None => return Storability::Forbidden("its length is not known"),
            Some(length) if length > self.max_body => return Storability::Forbidden("it is larger than `max_body`"),
            Some(_) => {}
        }
        let explicit = directives.lifetime(received.at);
        if explicit.is_none() && directives.forbids_by_pragma() {
            return Storability::Forbidden("its Pragma");
        }
        let no_cache = directives.control.no_cache.then_some(Duration::ZERO);
        let Some(lifetime) = no_cache.or(explicit).or(self.ttl.filter(|_| by_default)) else {
            return Storability::Forbidden("it has no lifetime, and the route no `ttl` for it");
        };
        let (age, reuse) = (age(headers, received), self.reuse(&directives, received.at));
        // Storing an already stale response only pays if it can be revalidated or served stale.
        let kept = lifetime.saturating_add(reuse.stale_while_revalidate.max(reuse.stale_if_error));
        let useful = reuse.can_be_validated || kept > age;
        if !useful {
            return Storability::Forbidden("it is stale already");
        }
        Storability::Store(Storing { lifetime, explicit: no_cache.or(explicit).is_some(), age, reuse, vary })
    }

    /// Whether other requests may receive a failure with its headers and its body.
    pub(in crate::cache) fn may_share(&self, response: &Response) -> bool {
        let directives = ResponseDirectives::of(response.headers());
        forbidden(response, &directives.control).is_none()
            && !directives.control.no_cache
            && self.varies_by(response.headers()).is_some_and(|names| names.is_empty())
    }

    /// The request headers that a response varies by and that are not part of the key. `None` if they are unknown, or
    /// too many.
    fn varies_by(&self, headers: &HeaderMap) -> Option<Vec<HeaderName>> {
        let mut names = vary::names(headers)?;
        names.retain(|name| !self.vary.contains(name));
        (names.len() <= MAX_VARYING).then_some(names)
    }

    /// The limits that a response states override those of the route (RFC 5861). A response can forbid stale use (RFC
    /// 9111 §4.2.4); `s-maxage` disables the limits of the route.
    fn reuse(&self, directives: &ResponseDirectives<'_>, now: Duration) -> Reuse {
        let (control, headers) = (&directives.control, directives.headers);
        let never = control.must_revalidate || control.proxy_revalidate || control.no_cache;
        let limit = |own: Option<Duration>, route: Duration| match own {
            _ if never => Duration::ZERO,
            Some(own) => own,
            None if control.s_maxage.is_some() => Duration::ZERO,
            None => route,
        };
        Reuse {
            stale_while_revalidate: limit(control.stale_while_revalidate, self.stale_while_revalidate),
            stale_if_error: limit(control.stale_if_error, self.stale_if_error),
            must_revalidate: never || control.s_maxage.is_some(),
            open: directives.is_open(),
            can_be_validated: headers.get(header::ETAG).is_some_and(etag::is_valid)
                || headers.get(header::LAST_MODIFIED).is_some_and(|date| date::parse(date, now).is_some()),
        }
    }
}

/// The reason why a response must not be stored, regardless of its lifetime.
fn forbidden(response: &Response, control: &ResponseControl) -> Option<&'static str> {
    if response.extensions().get::<NoStore>().is_some() {
        return Some("the handler forbids it");
    }
    if response.headers().contains_key(header::SET_COOKIE) {
        return Some("it sets a cookie");
    }
    // `must-understand` overrides `no-store` for a status that is understood (RFC 9111 §5.2.2.3).
    let understood = control.must_understand && response.status().canonical_reason().is_some();
    let no_store = control.no_store && !understood;
    (no_store || control.private || control.broken).then_some("its Cache-Control")
}

/// The directives of a response about its storage.
struct ResponseDirectives<'a> {
    control: ResponseControl,
    /// Whether the directives come from `CDN-Cache-Control`, which replaces all others (RFC 9213 §2.2).
    targeted: bool,
    headers: &'a HeaderMap,
}

impl<'a> ResponseDirectives<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let targeted = ResponseControl::targeted(headers);
        let control = targeted.unwrap_or_else(|| ResponseControl::of(headers));
        Self { control, targeted: targeted.is_some(), headers }
    }

    /// Whether requests with credentials share it (RFC 9111 §3.5).
    fn is_open(&self) -> bool {
        self.control.public || self.control.s_maxage.is_some() || self.control.must_revalidate
    }

    /// The lifetime that the response states (RFC 9111 §4.2.1).
    fn lifetime(&self, now: Duration) -> Option<Duration> {
        let control = &self.control;
        control.s_maxage.or(control.max_age).or_else(|| self.expires(now))
    }

    /// From `Date` to `Expires`. An `Expires` that is not a date, or is repeated with another value, counts as expired
    /// (RFC 9111 §5.3).
    fn expires(&self, now: Duration) -> Option<Duration> {
        if self.targeted {
            return None;
        }
        let mut all = self.headers.get_all(header::EXPIRES).iter();
        let first = all.next()?;
        let expires = date::parse(first, now).filter(|_| all.all(|other| other == first));
        let generated = self.headers.get(header::DATE).and_then(|date| date::parse(date, now)).unwrap_or(now);
        Some(expires.unwrap_or_default().saturating_sub(generated))
    }

    /// `Pragma` has no meaning in a response (RFC 9111 §5.4), but a handler that sets it does not intend to be cached.
    fn forbids_by_pragma(&self) -> bool {
        let is_no_cache = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"no-cache");
        !self.targeted
            && !self.headers.contains_key(header::CACHE_CONTROL)
            && self.headers.get_all(header::PRAGMA).iter().any(is_no_cache)
    }
}

/// The age of a response when it is received (RFC 9111 §4.2.3). A response from an inner cache also aged in transit.
fn age(headers: &HeaderMap, received: Received) -> Duration {
    let generated = headers.get(header::DATE).and_then(|date| date::parse(date, received.at));
    let apparent = generated.map(|generated| received.at.saturating_sub(generated));
    let stated = headers.get(header::AGE).map(|age| seconds(age.as_bytes()).saturating_add(received.took));
    let age = apparent.unwrap_or_default().max(stated.unwrap_or_default());
    // In whole seconds, like `Age`.
    Duration::from_secs(age.as_secs())
}

/// The first member of a list of numbers (RFC 9111 §5.1). Zero if it is not a number.
fn seconds(value: &[u8]) -> Duration {
    let first = value.split(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
    let digits = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    let number = str::from_utf8(first).ok().filter(|_| digits).map(|digits| digits.parse::<u64>().unwrap_or(u64::MAX));
    Duration::from_secs(number.unwrap_or_default().min(1 << 31))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, Bytes},
        response::{AppendHeaders, IntoResponse},
    };

    use super::*;

    const NOW: Received = Received { at: Duration::from_secs(1000), took: Duration::from_secs(2), credentials: false };

    fn rules() -> Rules {
        Rules {
            ttl: Some(Duration::from_secs(60)),
            max_body: 4,
            vary: [header::ACCEPT_LANGUAGE].into(),
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
        }
    }

    type Headers = &'static [(&'static str, &'static str)];

    fn response(status: u16, headers: Headers, body: &'static str) -> Response {
        let status = StatusCode::from_u16(status).unwrap();
        (status, AppendHeaders(headers.iter().copied()), body).into_response()
    }

    /// The lifetime, the age, and whether the response states the lifetime; or the reason why it is not stored.
    type Found = Result<(u64, u64, bool), &'static str>;

    fn storability(rules: &Rules, response: &Response) -> Found {
        match rules.storability(response, NOW) {
            Storability::Store(storing) => Ok((storing.lifetime.as_secs(), storing.age.as_secs(), storing.explicit)),
            Storability::Failure => Err("it failed"),
            Storability::Forbidden(why) => Err(why),
        }
    }

    #[test]
    fn responses_are_stored_by_status_and_directives() {
        let (cache_control, unsaid) =
            (Err("its Cache-Control"), Err("it has no lifetime, and the route no `ttl` for it"));
        let (by_ttl, stale) = (Ok((60, 0, false)), Err("it is stale already"));
        let rows: [(u16, Headers, &'static str, Found); 48] = [
            (200, &[], "1234", by_ttl),
            (203, &[], "", by_ttl),
            (204, &[], "", by_ttl),
            (300, &[], "", by_ttl),
            (301, &[], "", by_ttl),
            (404, &[], "", unsaid),
            (404, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (410, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (308, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (302, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (302, &[], "", unsaid),
            (299, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (299, &[("cache-control", "max-age=5, must-understand")], "", Err("its status is not known, and must be")),
            (299, &[("cache-control", "max-age=5, must-understand, no-store")], "", cache_control),
            (400, &[("expires", "Thu, 01 Jan 1970 00:16:47 GMT")], "", Ok((7, 0, true))),
            (401, &[], "", unsaid),
            (499, &[("cache-control", "s-maxage=5")], "", Ok((5, 0, true))),
            (206, &[("cache-control", "max-age=5")], "", Err("its status")),
            (304, &[("cache-control", "max-age=5")], "", Err("its status")),
            (428, &[("cache-control", "max-age=5")], "", Err("its status")),
            (429, &[("cache-control", "max-age=5")], "", Err("its status")),
            (500, &[], "", Err("it failed")),
            (503, &[("cache-control", "max-age=5")], "", Err("it failed")),
            (200, &[], "12345", Err("it is larger than `max_body`")),
            (200, &[("set-cookie", "a=b")], "", Err("it sets a cookie")),
            (200, &[("cache-control", "no-store")], "", cache_control),
            (200, &[("cache-control", "no-store, must-understand, max-age=9")], "", Ok((9, 0, true))),
            (200, &[("cache-control", "private, max-age=9")], "", cache_control),
            (200, &[("cache-control", "x=\"abc, max-age=9")], "", cache_control),
            (200, &[("cache-control", "s-maxage=0")], "", stale),
            (200, &[("cache-control", "s-maxage=9, max-age=0")], "", Ok((9, 0, true))),
            (200, &[("cache-control", "max-age=0, stale-while-revalidate=9")], "", Ok((0, 0, true))),
            (200, &[("cache-control", "no-cache, max-age=9")], "", stale),
            (200, &[("cache-control", "no-cache"), ("etag", "\"1\"")], "", Ok((0, 0, true))),
            (200, &[("cache-control", "no-cache"), ("etag", "1")], "", stale),
            (200, &[("vary", "Accept-Language, cookie")], "", by_ttl),
            (200, &[("vary", "*")], "", Err("it varies by anything")),
            (200, &[("vary", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q")], "", Err("it varies by anything")),
            (200, &[("expires", "0")], "", stale),
            (200, &[("expires", "Thu, 01 Jan 1970 00:16:47 GMT")], "", Ok((7, 0, true))),
            (
                200,
                &[("expires", "Thu, 01 Jan 1970 00:16:47 GMT"), ("date", "Thu, 01 Jan 1970 00:16:37 GMT")],
                "",
                Ok((10, 3, true)),
            ),
            (200, &[("expires", "0"), ("cache-control", "max-age=9")], "", Ok((9, 0, true))),
            (200, &[("pragma", "no-cache")], "", Err("its Pragma")),
            (200, &[("pragma", "no-cache"), ("cache-control", "public")], "", by_ttl),
            (200, &[("cdn-cache-control", "no-store"), ("cache-control", "max-age=9")], "", cache_control),
            (200, &[("cdn-cache-control", "max-age=3"), ("cache-control", "no-store")], "", Ok((3, 0, true))),
            (200, &[("age", "5"), ("cache-control", "max-age=9")], "", Ok((9, 7, true))),
            (200, &[("age", "8"), ("cache-control", "max-age=9")], "", stale),
        ];
        for (status, headers, body, expected) in rows {
            assert_eq!(
                storability(&rules(), &response(status, headers, body)),
                expected,
                "{status} {headers:?} {body}"
            );
        }
        let no_ttl = Rules { ttl: None, ..rules() };
        assert_eq!(storability(&no_ttl, &response(200, &[], "")), unsaid);
        let streamed = Body::from_stream(futures_util::stream::empty::<Result<Bytes, std::io::Error>>());
        assert_eq!(storability(&rules(), &Response::new(streamed)), Err("its length is not known"));
        assert_eq!(storability(&rules(), &(NoStore, "1").into_response()), Err("the handler forbids it"));
    }

    #[test]
    fn stale_limits_come_from_the_response_before_the_route() {
        let rules = Rules {
            stale_while_revalidate: Duration::from_secs(10),
            stale_if_error: Duration::from_secs(20),
            ..rules()
        };
        let rows: [(Headers, (u64, u64, bool)); 8] = [
            (&[], (10, 20, false)),
            (&[("cache-control", "stale-while-revalidate=1")], (1, 20, false)),
            (&[("cache-control", "stale-if-error=2")], (10, 2, false)),
            (&[("cache-control", "stale-if-error=0")], (10, 0, false)),
            (&[("cache-control", "must-revalidate, stale-if-error=2")], (0, 0, true)),
            (&[("cache-control", "proxy-revalidate")], (0, 0, true)),
            (&[("cache-control", "s-maxage=5")], (0, 0, true)),
            (&[("cache-control", "s-maxage=5, stale-if-error=2")], (0, 2, true)),
        ];
        for (headers, expected) in rows {
            let Storability::Store(Storing { reuse, .. }) = rules.storability(&response(200, headers, ""), NOW) else {
                panic!()
            };
            let found = (reuse.stale_while_revalidate.as_secs(), reuse.stale_if_error.as_secs(), reuse.must_revalidate);
            assert_eq!(found, expected, "{headers:?}");
        }
    }

    #[test]
    fn responses_to_credentials_are_stored_only_if_they_are_for_all() {
        let with = Received { credentials: true, ..NOW };
        for (control, expected) in
            [("public", true), ("s-maxage=9", true), ("must-revalidate", true), ("max-age=9", false), ("", false)]
        {
            let response = [("cache-control", control)].into_response();
            let stored = matches!(rules().storability(&response, with), Storability::Store(_));
            assert_eq!(stored, expected, "{control}");
        }
    }
}
