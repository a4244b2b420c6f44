//! Whether an answer may be stored, and for how long.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderName, StatusCode, header};
use http_body::Body as _;

use super::{NoStore, control::Control};

/// What is to become of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is stored.
    Store(Freshness),
    /// It failed: a 5xx.
    Fail,
    /// It is given to whoever asked, and to nobody else.
    Pass(&'static str),
}

/// For how long an answer is fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freshness {
    pub(super) lifetime: Duration,
    /// Whether the answer says so itself.
    pub(super) explicit: bool,
}

/// What is asked of an answer.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) ttl: Option<Duration>,
    pub(super) max_body: u64,
    /// Headers of the request that are part of the key.
    pub(super) vary: Box<[HeaderName]>,
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

/// RFC 9213.
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

impl Rules {
    pub(super) fn judge(&self, response: &Response) -> Verdict {
        let (status, headers) = (response.status(), response.headers());
        if status.is_server_error() {
            return Verdict::Fail;
        }
        let by_default = BY_DEFAULT.contains(&status);
        if !by_default && !IF_EXPLICIT.contains(&status) {
            return Verdict::Pass("its status");
        }
        if response.extensions().get::<NoStore>().is_some() {
            return Verdict::Pass("the handler forbids it");
        }
        if headers.contains_key(header::SET_COOKIE) {
            return Verdict::Pass("it sets a cookie");
        }
        let control = Control::of(headers);
        if control.forbids {
            return Verdict::Pass("its Cache-Control");
        }
        if headers.contains_key(CDN_CACHE_CONTROL) {
            return Verdict::Pass("its CDN-Cache-Control, which goes before the others and is not read yet");
        }
        if headers.get_all(header::VARY).iter().any(|names| !self.covers(names.as_bytes())) {
            return Verdict::Pass("it varies by a header that is not in `vary(…)`");
        }
        match response.body().size_hint().exact() {
            None => return Verdict::Pass("its length is not known"),
            Some(length) if length > self.max_body => return Verdict::Pass("it is larger than `max_body`"),
            Some(_) => {}
        }
        let explicit = control.fresh_for();
        if explicit.is_none() && (headers.contains_key(header::EXPIRES) || headers.contains_key(header::PRAGMA)) {
            return Verdict::Pass("its Expires or Pragma, which are not read yet");
        }
        match explicit.or(self.ttl.filter(|_| by_default)) {
            Some(Duration::ZERO) => Verdict::Pass("it is stale already"),
            Some(lifetime) => Verdict::Store(Freshness { lifetime, explicit: explicit.is_some() }),
            None => Verdict::Pass("nothing says for how long it is fresh"),
        }
    }

    /// Whether a failure may be told to others with all that it says.
    pub(super) fn may_share(&self, response: &Response) -> bool {
        let headers = response.headers();
        !headers.contains_key(header::SET_COOKIE)
            && response.extensions().get::<NoStore>().is_none()
            && !Control::of(headers).forbids
            && headers.get_all(header::VARY).iter().all(|names| self.covers(names.as_bytes()))
    }

    /// Whether the key has all of the headers in this `Vary` (RFC 9110 §12.5.5); `*` is none.
    fn covers(&self, names: &[u8]) -> bool {
        let mut names = names.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty());
        names.all(|name| self.vary.iter().any(|known| known.as_str().as_bytes().eq_ignore_ascii_case(name)))
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, Bytes},
        response::{AppendHeaders, IntoResponse},
    };

    use super::*;

    #[test]
    fn what_is_stored() {
        let rules = Rules { ttl: Some(Duration::from_secs(60)), max_body: 4, vary: [header::ACCEPT_LANGUAGE].into() };
        let no_ttl = Rules { ttl: None, ..rules.clone() };
        let stored = |secs, by_default: bool| {
            Verdict::Store(Freshness { lifetime: Duration::from_secs(secs), explicit: !by_default })
        };
        type Headers = &'static [(&'static str, &'static str)];
        let rows: [(u16, Headers, &str, &Rules, Verdict); 30] = [
            (200, &[], "1234", &rules, stored(60, true)),
            (203, &[], "", &rules, stored(60, true)),
            (204, &[], "", &rules, stored(60, true)),
            (300, &[], "", &rules, stored(60, true)),
            (301, &[], "", &rules, stored(60, true)),
            (404, &[], "", &rules, Verdict::Pass("nothing says for how long it is fresh")),
            (404, &[("cache-control", "max-age=5")], "", &rules, stored(5, false)),
            (410, &[("cache-control", "max-age=5")], "", &rules, stored(5, false)),
            (308, &[("cache-control", "max-age=5")], "", &rules, stored(5, false)),
            (302, &[("cache-control", "max-age=5")], "", &rules, Verdict::Pass("its status")),
            (206, &[], "", &rules, Verdict::Pass("its status")),
            (304, &[], "", &rules, Verdict::Pass("its status")),
            (401, &[], "", &rules, Verdict::Pass("its status")),
            (500, &[], "", &rules, Verdict::Fail),
            (503, &[("cache-control", "max-age=5")], "", &rules, Verdict::Fail),
            (200, &[], "12345", &rules, Verdict::Pass("it is larger than `max_body`")),
            (200, &[("set-cookie", "a=b")], "", &rules, Verdict::Pass("it sets a cookie")),
            (200, &[("cache-control", "no-store")], "", &rules, Verdict::Pass("its Cache-Control")),
            (200, &[("cache-control", "private, max-age=9")], "", &rules, Verdict::Pass("its Cache-Control")),
            (200, &[("cache-control", "s-maxage=0")], "", &rules, Verdict::Pass("it is stale already")),
            (200, &[("cache-control", "s-maxage=9, max-age=0")], "", &rules, stored(9, false)),
            (200, &[("vary", "Accept-Language")], "", &rules, stored(60, true)),
            (
                200,
                &[("vary", "accept-language, cookie")],
                "",
                &rules,
                Verdict::Pass("it varies by a header that is not in `vary(…)`"),
            ),
            (200, &[("vary", "*")], "", &rules, Verdict::Pass("it varies by a header that is not in `vary(…)`")),
            (200, &[("expires", "0")], "", &rules, Verdict::Pass("its Expires or Pragma, which are not read yet")),
            (
                200,
                &[("pragma", "no-cache")],
                "",
                &rules,
                Verdict::Pass("its Expires or Pragma, which are not read yet"),
            ),
            (200, &[("expires", "0"), ("cache-control", "max-age=9")], "", &rules, stored(9, false)),
            (
                200,
                &[("cdn-cache-control", "no-store"), ("cache-control", "max-age=9")],
                "",
                &rules,
                Verdict::Pass("its CDN-Cache-Control, which goes before the others and is not read yet"),
            ),
            (200, &[("cache-control", "x=\"abc, max-age=9")], "", &rules, Verdict::Pass("its Cache-Control")),
            (200, &[], "", &no_ttl, Verdict::Pass("nothing says for how long it is fresh")),
        ];
        for (status, headers, body, rules, expected) in rows {
            let status = StatusCode::from_u16(status).unwrap();
            let response = (status, AppendHeaders(headers.iter().copied()), body).into_response();
            assert_eq!(rules.judge(&response), expected, "{status} {headers:?} {body}");
        }
        let streamed = Body::from_stream(futures_util::stream::empty::<Result<Bytes, std::io::Error>>());
        assert_eq!(rules.judge(&Response::new(streamed)), Verdict::Pass("its length is not known"));
        assert_eq!(rules.judge(&(NoStore, "1").into_response()), Verdict::Pass("the handler forbids it"));
    }
}
