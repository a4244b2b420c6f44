//! Decides whether a request is one that a page of another site has made a browser send.

use std::{fmt, sync::Arc};

use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use tower_http::csrf;
use tower_layer::Layer as _;

use super::{SEC_FETCH_SITE, refusal_log::RefusalLog};
use crate::{
    base::clock::Clock,
    edge::immediate::{Immediate, answer},
    identity::{HeaderIdentity, Identity},
    observe::{Event, Observer, Report},
    problem::Problem,
};

/// As an origin it is that of no site, and as a site unknown.
const OPAQUE: HeaderValue = HeaderValue::from_static("null");

/// Schemes whose credentials a browser keeps, and sends with the requests of every page.
const KEPT_BY_BROWSERS: [&str; 4] = ["basic", "digest", "negotiate", "ntlm"];

/// Refuses requests of other sites with an identity from a cookie, or with a cookie that may give one. A clone
/// is a few reference counts.
#[derive(Clone)]
pub(crate) struct CrossSiteCheck {
    rules: Arc<CrossSiteRules>,
    report: Report,
    log: Arc<RefusalLog>,
    /// Whether it only concerns requests with an identity.
    needs_identity: bool,
}

#[derive(Debug, Clone)]
struct CrossSiteRules {
    csrf: csrf::Csrf<Immediate>,
    allow_same_site: bool,
}

impl CrossSiteCheck {
    /// Creates a check that trusts the pages of these origins, in the form of [`web_origin`](crate::edge::web_origin),
    /// and with `allow_same_site` those of other hosts of the same site.
    pub(crate) fn new<'a>(origins: impl IntoIterator<Item = &'a HeaderValue>, allow_same_site: bool) -> Self {
        let trusted = origins.into_iter().filter_map(|origin| origin.to_str().ok());
        let layer = trusted.fold(csrf::CsrfLayer::new(), |layer, origin| {
            layer.add_trusted_origin(origin).expect("the origin has been checked")
        });
        let rules = CrossSiteRules { csrf: layer.layer(Immediate), allow_same_site };
        let log = Arc::new(RefusalLog::new(Clock::system()));
        Self { rules: Arc::new(rules), report: Report::none(), log, needs_identity: true }
    }

    /// Sets the clock of the log.
    pub(crate) fn clock(self, clock: Clock) -> Self {
        self.log(Arc::new(RefusalLog::new(clock)))
    }

    /// Logs refusals together with other checks.
    pub(super) fn log(mut self, log: Arc<RefusalLog>) -> Self {
        self.log = log;
        self
    }

    /// Reports refusals to `observer`.
    pub(crate) fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }

    /// Also checks requests without an identity: further in, a layer or a handler may take one from a cookie.
    pub(crate) fn also_without_identity(mut self) -> Self {
        self.needs_identity = false;
        self
    }

    /// Returns the refusal if the request is from another site and has an identity from a cookie, or may get one.
    #[inline]
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<(), Box<Response>> {
        if self.needs_identity && request.extensions().get::<Identity>().is_none() {
            return Ok(());
        }
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        // A WebSocket begins with a GET.
        if is_safe && !request.headers().contains_key(header::UPGRADE) {
            return Ok(());
        }
        self.inspect(request)
    }

    fn inspect<B>(&self, request: &Request<B>) -> Result<(), Box<Response>> {
        if !is_sent_by_itself(request.headers(), request.extensions()) || self.rules.is_trusted(request) {
            return Ok(());
        }
        self.log.log(request);
        self.report.event(Event::CrossSite);
        let problem = Problem::new(StatusCode::FORBIDDEN);
        Err(Box::new(problem.with_detail("pages of other sites may not send this request").into_response()))
    }
}

impl CrossSiteRules {
    fn is_trusted<B>(&self, request: &Request<B>) -> bool {
        let headers = request.headers();
        let mut head = Request::new(());
        // The middleware lets every GET pass, also one that opens a WebSocket.
        *head.method_mut() = Method::POST;
        *head.uri_mut() = request.uri().clone();
        for name in [header::HOST, header::ORIGIN, SEC_FETCH_SITE] {
            let mut values = headers.get_all(&name).iter();
            let (Some(value), None) = (values.next(), values.next()) else {
                if headers.contains_key(&name) {
                    return false;
                }
                continue;
            };
            // The middleware takes an empty value for a missing header. No browser sends one.
            let value = if value.is_empty() { OPAQUE } else { value.clone() };
            head.headers_mut().insert(name, value);
        }
        if self.allow_same_site && headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-site") {
            return true;
        }
        answer(self.csrf.clone(), head).status() != StatusCode::FORBIDDEN
    }
}

/// Whether a browser sends the credentials of the request's identity by itself.
fn is_sent_by_itself(headers: &HeaderMap, extensions: &Extensions) -> bool {
    match authorization_scheme(headers) {
        Some(scheme) => KEPT_BY_BROWSERS.iter().any(|kept| scheme.eq_ignore_ascii_case(kept.as_bytes())),
        None => headers.contains_key(header::COOKIE) && extensions.get::<HeaderIdentity>().is_none(),
    }
}

fn authorization_scheme(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes().trim_ascii();
    value.split(u8::is_ascii_whitespace).next()
}

impl fmt::Debug for CrossSiteCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::web_origin::web_origin;

    struct Row {
        name: &'static str,
        method: &'static str,
        headers: &'static [(&'static str, &'static str)],
        passes: bool,
    }

    const COOKIE: (&str, &str) = ("cookie", "session=1");
    const HOST: (&str, &str) = ("host", "shop.example");
    const FOREIGN: (&str, &str) = ("origin", "https://evil.example");

    const ROWS: &[Row] = &[
        Row { name: "no browser", method: "POST", headers: &[COOKIE, HOST], passes: true },
        Row {
            name: "own origin",
            method: "POST",
            headers: &[COOKIE, HOST, ("origin", "https://shop.example")],
            passes: true,
        },
        Row {
            name: "own origin, metadata",
            method: "POST",
            headers: &[COOKIE, HOST, ("sec-fetch-site", "same-origin")],
            passes: true,
        },
        Row {
            name: "null for a form of an own page",
            method: "POST",
            headers: &[COOKIE, HOST, ("origin", "null"), ("sec-fetch-site", "same-origin")],
            passes: true,
        },
        Row { name: "address bar", method: "POST", headers: &[COOKIE, HOST, ("sec-fetch-site", "none")], passes: true },
        Row {
            name: "trusted",
            method: "POST",
            headers: &[COOKIE, HOST, ("origin", "https://app.example"), ("sec-fetch-site", "cross-site")],
            passes: true,
        },
        Row { name: "foreign", method: "POST", headers: &[COOKIE, HOST, FOREIGN], passes: false },
        Row { name: "foreign PUT", method: "PUT", headers: &[COOKIE, HOST, FOREIGN], passes: false },
        Row { name: "foreign DELETE", method: "DELETE", headers: &[COOKIE, HOST, FOREIGN], passes: false },
        Row { name: "foreign PATCH", method: "PATCH", headers: &[COOKIE, HOST, FOREIGN], passes: false },
        Row { name: "foreign extension method", method: "PURGE", headers: &[COOKIE, HOST, FOREIGN], passes: false },
        Row { name: "foreign link", method: "GET", headers: &[COOKIE, HOST, FOREIGN], passes: true },
        Row { name: "foreign HEAD", method: "HEAD", headers: &[COOKIE, HOST, FOREIGN], passes: true },
        Row { name: "preflight", method: "OPTIONS", headers: &[COOKIE, HOST, FOREIGN], passes: true },
        Row {
            name: "foreign WebSocket",
            method: "GET",
            headers: &[COOKIE, HOST, FOREIGN, ("upgrade", "websocket")],
            passes: false,
        },
        Row {
            name: "own WebSocket",
            method: "GET",
            headers: &[COOKIE, HOST, ("origin", "http://shop.example"), ("upgrade", "websocket")],
            passes: true,
        },
        Row {
            name: "foreign WebSocket over HTTP/2",
            method: "CONNECT",
            headers: &[COOKIE, HOST, FOREIGN],
            passes: false,
        },
        Row {
            name: "cross-site metadata",
            method: "POST",
            headers: &[COOKIE, HOST, ("sec-fetch-site", "cross-site")],
            passes: false,
        },
        Row {
            name: "same site",
            method: "POST",
            headers: &[COOKIE, HOST, ("sec-fetch-site", "same-site")],
            passes: false,
        },
        Row {
            name: "unknown metadata",
            method: "POST",
            headers: &[COOKIE, HOST, ("sec-fetch-site", "near")],
            passes: false,
        },
        Row { name: "null", method: "POST", headers: &[COOKIE, HOST, ("origin", "null")], passes: false },
        Row { name: "malformed", method: "POST", headers: &[COOKIE, HOST, ("origin", "shop.example")], passes: false },
        Row { name: "empty origin", method: "POST", headers: &[COOKIE, HOST, ("origin", "")], passes: false },
        Row { name: "empty metadata", method: "POST", headers: &[COOKIE, HOST, ("sec-fetch-site", "")], passes: false },
        Row {
            name: "empty origin of an own page",
            method: "POST",
            headers: &[COOKIE, HOST, ("origin", ""), ("sec-fetch-site", "same-origin")],
            passes: true,
        },
        Row {
            name: "two origins",
            method: "POST",
            headers: &[COOKIE, HOST, ("origin", "https://shop.example"), FOREIGN],
            passes: false,
        },
        Row {
            name: "host as a prefix",
            method: "POST",
            headers: &[COOKIE, HOST, ("origin", "https://shop.example.evil.example")],
            passes: false,
        },
        Row {
            name: "other port",
            method: "POST",
            headers: &[COOKIE, HOST, ("origin", "https://shop.example:8443")],
            passes: false,
        },
        Row { name: "no host", method: "POST", headers: &[COOKIE, ("origin", "https://shop.example")], passes: false },
        Row { name: "no cookie", method: "POST", headers: &[HOST, FOREIGN], passes: true },
        Row {
            name: "bearer token",
            method: "POST",
            headers: &[COOKIE, HOST, FOREIGN, ("authorization", "Bearer x")],
            passes: true,
        },
        Row {
            name: "password that the browser keeps",
            method: "POST",
            headers: &[HOST, FOREIGN, ("authorization", "Basic eDp5")],
            passes: false,
        },
    ];

    fn request(row: &Row) -> Request<()> {
        let mut request = Request::builder().method(row.method).uri("/transfer");
        for (name, value) in row.headers {
            request = request.header(*name, *value);
        }
        request.extension(Identity::new("ann")).body(()).unwrap()
    }

    #[test]
    fn request_passes_if_no_other_site_sends_it_with_cookies() {
        let check = CrossSiteCheck::new(&[web_origin("https://app.example").unwrap()], false);
        for row in ROWS {
            let mut request = request(row);
            assert_eq!(check.admit(&request).is_ok(), row.passes, "{}", row.name);
            request.extensions_mut().remove::<Identity>();
            assert!(check.admit(&request).is_ok(), "{}: without an identity", row.name);
            let strict = check.clone().also_without_identity();
            assert_eq!(strict.admit(&request).is_ok(), row.passes, "{}: which may follow", row.name);
        }
    }

    #[test]
    fn same_site_passes_if_it_is_allowed() {
        let check = CrossSiteCheck::new([], true);
        for (site, passes) in [("same-site", true), ("cross-site", false), ("same-origin", true)] {
            let headers = &[COOKIE, HOST, ("origin", "https://other.shop.example")];
            let mut request = request(&Row { name: site, method: "POST", headers, passes });
            request.headers_mut().insert(SEC_FETCH_SITE, HeaderValue::from_static(site));
            assert_eq!(check.admit(&request).is_ok(), passes, "{site}");
        }
    }
}
