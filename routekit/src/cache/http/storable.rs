//! Whether an answer may be stored, and for how long (RFC 9111 §3, §4.2).

use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body::Body as _;

use crate::cache::{
    NoStore, Reuse,
    headers::{ResponseControl, date, etag, vary},
};
use crate::observe::FallbackResponse;

/// What is to become of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cache) enum Verdict {
    /// It is stored.
    Store(Storing),
    /// It failed: a 5xx, or what stands in for one.
    Fail,
    /// It is given to whoever asked, and to nobody else.
    Pass(&'static str),
}

/// How an answer is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache) struct Storing {
    /// For how long it is fresh from when it was made.
    pub(in crate::cache) lifetime: Duration,
    /// Whether the answer says so itself.
    pub(in crate::cache) explicit: bool,
    /// How old it is already.
    pub(in crate::cache) age: Duration,
    pub(in crate::cache) reuse: Reuse,
    /// Headers of requests that it varies by, beside those that are part of the key in any case.
    pub(in crate::cache) vary: Vec<HeaderName>,
}

/// What is known of how an answer was asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Received {
    /// The wall clock when it came, since 1970.
    pub(in crate::cache) at: Duration,
    /// How long it took.
    pub(in crate::cache) took: Duration,
    /// Whether the request had credentials, and nobody has said whose answers it may see.
    pub(in crate::cache) credentials: bool,
}

/// What is asked of an answer.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Rules {
    pub(in crate::cache) ttl: Option<Duration>,
    pub(in crate::cache) max_body: u64,
    /// Headers of the request that are part of the key.
    pub(in crate::cache) vary: Box<[HeaderName]>,
    pub(in crate::cache) stale_while_revalidate: Duration,
    pub(in crate::cache) stale_if_error: Duration,
}

/// Fresh for the `ttl` if they say nothing: those that are cacheable by themselves (RFC 9110 §15.1) and answer with content that is meant
/// to last.
const BY_DEFAULT: [StatusCode; 5] = [
    StatusCode::OK,
    StatusCode::NON_AUTHORITATIVE_INFORMATION,
    StatusCode::NO_CONTENT,
    StatusCode::MULTIPLE_CHOICES,
    StatusCode::MOVED_PERMANENTLY,
];

/// Stored if they say for how long.
const IF_EXPLICIT: [StatusCode; 3] = [StatusCode::NOT_FOUND, StatusCode::GONE, StatusCode::PERMANENT_REDIRECT];

/// By how many headers of requests the answers of one key may vary.
pub(in crate::cache) const MOST_VARYING: usize = 16;

impl Rules {
    pub(in crate::cache) fn judge(&self, response: &Response, received: Received) -> Verdict {
        let (status, headers) = (response.status(), response.headers());
        // What stands in for the handler's answer says that there is none.
        if status.is_server_error() || response.extensions().get::<FallbackResponse>().is_some() {
            return Verdict::Fail;
        }
        let by_default = BY_DEFAULT.contains(&status);
        if !by_default && !IF_EXPLICIT.contains(&status) {
            return Verdict::Pass("its status");
        }
        let says = Says::of(headers);
        if let Some(why) = forbidden(response, &says.control) {
            return Verdict::Pass(why);
        }
        if received.credentials && !says.is_open() {
            return Verdict::Pass("it is for whoever asked, and does not say otherwise");
        }
        let Some(vary) = self.varies_by(headers) else { return Verdict::Pass("it varies by anything") };
        match response.body().size_hint().exact() {
            None => return Verdict::Pass("its length is not known"),
            Some(length) if length > self.max_body => return Verdict::Pass("it is larger than `max_body`"),
            Some(_) => {}
        }
        let explicit = says.lifetime(received.at);
        if explicit.is_none() && says.is_pragmatic(headers) {
            return Verdict::Pass("its Pragma");
        }
        let unasked = says.control.no_cache.then_some(Duration::ZERO);
        let Some(lifetime) = unasked.or(explicit).or(self.ttl.filter(|_| by_default)) else {
            return Verdict::Pass("nothing says for how long it is fresh");
        };
        let (age, reuse) = (age(headers, received), self.reuse(&says, headers));
        // Of what is stale already, at least something must be made.
        let useful = reuse.can_be_validated || lifetime + reuse.stale_while_revalidate.max(reuse.stale_if_error) > age;
        if !useful {
            return Verdict::Pass("it is stale already");
        }
        Verdict::Store(Storing { lifetime, explicit: unasked.or(explicit).is_some(), age, reuse, vary })
    }

    /// Whether a failure may be told to others with all that it says.
    pub(in crate::cache) fn may_share(&self, response: &Response) -> bool {
        let headers = response.headers();
        let says = Says::of(headers);
        forbidden(response, &says.control).is_none()
            && !says.control.no_cache
            && self.varies_by(headers).is_some_and(|names| names.is_empty())
    }

    /// The headers of requests that an answer varies by and that are not part of the key; none where nobody can know them.
    fn varies_by(&self, headers: &HeaderMap) -> Option<Vec<HeaderName>> {
        let mut names = vary::names(headers)?;
        names.retain(|name| !self.vary.contains(name));
        (names.len() <= MOST_VARYING).then_some(names)
    }

    /// What an answer says of its use when it is stale goes before what the route says (RFC 5861), unless it says that it must not be used
    /// then (RFC 9111 §4.2.4). `s-maxage` says so to whoever has only the route's word.
    fn reuse(&self, says: &Says, headers: &HeaderMap) -> Reuse {
        let control = &says.control;
        let never = control.must_revalidate || control.proxy_revalidate || control.no_cache;
        let may = |own: Option<Duration>, route: Duration| match own {
            _ if never => Duration::ZERO,
            Some(own) => own,
            None if control.s_maxage.is_some() => Duration::ZERO,
            None => route,
        };
        Reuse {
            stale_while_revalidate: may(control.stale_while_revalidate, self.stale_while_revalidate),
            stale_if_error: may(control.stale_if_error, self.stale_if_error),
            must_revalidate: never || control.s_maxage.is_some(),
            open: says.is_open(),
            can_be_validated: headers.get(header::ETAG).is_some_and(etag::is_valid)
                || headers.get(header::LAST_MODIFIED).and_then(date::parse).is_some(),
        }
    }
}

/// Why an answer is not stored whatever else it says.
fn forbidden(response: &Response, control: &ResponseControl) -> Option<&'static str> {
    if response.extensions().get::<NoStore>().is_some() {
        return Some("the handler forbids it");
    }
    if response.headers().contains_key(header::SET_COOKIE) {
        return Some("it sets a cookie");
    }
    // What one has to understand to store it, all of these statuses are (RFC 9111 §5.2.2.3).
    let no_store = control.no_store && !control.must_understand;
    (no_store || control.private || control.broken).then_some("its Cache-Control")
}

/// What an answer says of how it may be stored.
struct Says<'a> {
    control: ResponseControl,
    /// Whether it says it to edges: then what it says to all does not count (RFC 9213 §2.2).
    targeted: bool,
    headers: &'a HeaderMap,
}

impl<'a> Says<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let targeted = ResponseControl::targeted(headers);
        let control = targeted.unwrap_or_else(|| ResponseControl::of(headers));
        Self { control, targeted: targeted.is_some(), headers }
    }

    /// Whether whoever may not see others' answers may see this one (RFC 9111 §3.5).
    fn is_open(&self) -> bool {
        self.control.public || self.control.s_maxage.is_some() || self.control.must_revalidate
    }

    /// For how long it says it is fresh (RFC 9111 §4.2.1).
    fn lifetime(&self, now: Duration) -> Option<Duration> {
        let control = &self.control;
        control.s_maxage.or(control.max_age).or_else(|| self.expires(now))
    }

    /// From when it was made to when it expires; an `Expires` that is no date, or of which there are two, has passed (RFC 9111 §5.3).
    fn expires(&self, now: Duration) -> Option<Duration> {
        if self.targeted {
            return None;
        }
        let mut all = self.headers.get_all(header::EXPIRES).iter();
        let first = all.next()?;
        let expires = date::parse(first).filter(|_| all.all(|other| other == first));
        let made = self.headers.get(header::DATE).and_then(date::parse).unwrap_or(now);
        Some(expires.unwrap_or_default().saturating_sub(made))
    }

    /// Nobody has said what `Pragma` means in an answer (RFC 9111 §5.4); whoever writes it means this.
    fn is_pragmatic(&self, headers: &HeaderMap) -> bool {
        let forbids = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"no-cache");
        !self.targeted
            && !headers.contains_key(header::CACHE_CONTROL)
            && headers.get_all(header::PRAGMA).iter().any(forbids)
    }
}

/// How old an answer is when it comes (RFC 9111 §4.2.3). What has come from a cache further in took its time on the way.
fn age(headers: &HeaderMap, received: Received) -> Duration {
    let apparent = headers.get(header::DATE).and_then(date::parse).map(|made| received.at.saturating_sub(made));
    let said = headers.get(header::AGE).map(|age| seconds(age.as_bytes()) + received.took);
    let age = apparent.unwrap_or_default().max(said.unwrap_or_default());
    // As it is told.
    Duration::from_secs(age.as_secs())
}

/// The first of a list of numbers (RFC 9111 §5.1); what is no number is none.
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

    fn answer(status: u16, headers: Headers, body: &'static str) -> Response {
        let status = StatusCode::from_u16(status).unwrap();
        (status, AppendHeaders(headers.iter().copied()), body).into_response()
    }

    /// For how long it is stored, how old it is then, and whether it says so itself; or why it is not stored.
    type Found = Result<(u64, u64, bool), &'static str>;

    fn verdict(rules: &Rules, response: &Response) -> Found {
        match rules.judge(response, NOW) {
            Verdict::Store(storing) => Ok((storing.lifetime.as_secs(), storing.age.as_secs(), storing.explicit)),
            Verdict::Fail => Err("it failed"),
            Verdict::Pass(why) => Err(why),
        }
    }

    #[test]
    fn what_is_stored() {
        let (cache_control, unsaid) = (Err("its Cache-Control"), Err("nothing says for how long it is fresh"));
        let (by_ttl, stale) = (Ok((60, 0, false)), Err("it is stale already"));
        let rows: [(u16, Headers, &'static str, Found); 40] = [
            (200, &[], "1234", by_ttl),
            (203, &[], "", by_ttl),
            (204, &[], "", by_ttl),
            (300, &[], "", by_ttl),
            (301, &[], "", by_ttl),
            (404, &[], "", unsaid),
            (404, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (410, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (308, &[("cache-control", "max-age=5")], "", Ok((5, 0, true))),
            (302, &[("cache-control", "max-age=5")], "", Err("its status")),
            (206, &[], "", Err("its status")),
            (304, &[], "", Err("its status")),
            (401, &[], "", Err("its status")),
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
            assert_eq!(verdict(&rules(), &answer(status, headers, body)), expected, "{status} {headers:?} {body}");
        }
        let no_ttl = Rules { ttl: None, ..rules() };
        assert_eq!(verdict(&no_ttl, &answer(200, &[], "")), unsaid);
        let streamed = Body::from_stream(futures_util::stream::empty::<Result<Bytes, std::io::Error>>());
        assert_eq!(verdict(&rules(), &Response::new(streamed)), Err("its length is not known"));
        assert_eq!(verdict(&rules(), &(NoStore, "1").into_response()), Err("the handler forbids it"));
    }

    #[test]
    fn what_may_be_used_when_it_is_stale() {
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
            let Verdict::Store(Storing { reuse, .. }) = rules.judge(&answer(200, headers, ""), NOW) else { panic!() };
            let found = (reuse.stale_while_revalidate.as_secs(), reuse.stale_if_error.as_secs(), reuse.must_revalidate);
            assert_eq!(found, expected, "{headers:?}");
        }
    }

    #[test]
    fn who_has_credentials_is_given_what_is_for_all() {
        let with = Received { credentials: true, ..NOW };
        for (control, expected) in
            [("public", true), ("s-maxage=9", true), ("must-revalidate", true), ("max-age=9", false), ("", false)]
        {
            let response = [("cache-control", control)].into_response();
            let stored = matches!(rules().judge(&response, with), Verdict::Store(_));
            assert_eq!(stored, expected, "{control}");
        }
    }
}
