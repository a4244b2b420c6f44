//! Adds response headers that tell browsers what they may do with a response.
//!
//! 1. Every response gets these headers, 404s, problems and the responses to panics included:
//!
//!    | header | response | value |
//!    | --- | --- | --- |
//!    | `X-Content-Type-Options` | all | `nosniff` |
//!    | `Referrer-Policy` | all | `same-origin` |
//!    | `Content-Security-Policy` | HTML pages | `default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'` |
//!    | | all others but 304 | `default-src 'none'; frame-ancestors 'none'` |
//!    | `Strict-Transport-Security` | over HTTPS | `max-age=31536000` |
//!
//! 2. A header that the handler or an inner layer has set is not replaced.
//! 3. An HTML page is a response whose `Content-Type` is `text/html` or `application/xhtml+xml`.
//! 4. A 304 gets no `Content-Security-Policy`: it would replace the policy of the page that the browser has stored
//!    (RFC 9111 §3.2).
//! 5. `Strict-Transport-Security` is only sent where clients use HTTPS (RFC 6797 §7.2): if the app has a certificate,
//!    or if [`https`](SecurityHeadersLayer::https) says that a proxy in front does. Requests to `localhost` never get
//!    it, or the browser of a developer would refuse plain HTTP there for a year.
//!
//! 6. Responses to a head that the server cannot parse (400, 414) or that is too large (431) have no such headers.
//!
//! An app adds the headers by default. Configuration changes each of them or switches it off (`[security_headers]`),
//! and `content_security_policy` and `referrer_policy` also for one route. `App::explain` shows them with their
//! origins.
//!
//! The values follow OWASP's cheat sheets on REST security and HTTP headers. `frame-ancestors` makes `X-Frame-Options`
//! superfluous in browsers since 2016. `Referrer-Policy` is not `no-referrer`, with which a browser sends
//! `Origin: null` for the forms of the app's own pages.
//!
//! [`SecurityHeadersLayer`] applies the policy to any axum router:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::edge::SecurityHeadersLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let headers = SecurityHeadersLayer::new().referrer_policy(None);
//! let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(headers);
//! let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
//! assert_eq!(response.headers()["x-content-type-options"], "nosniff");
//! assert_eq!(response.headers()["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
//! assert!(!response.headers().contains_key("referrer-policy"));
//! # }
//! ```

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// The default `Content-Security-Policy` of responses that are not pages: they may load nothing and be framed nowhere.
pub const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The default `Content-Security-Policy` of HTML pages: they may load from their own origin, without inline scripts.
pub const PAGE_CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
);

/// The default `Referrer-Policy`: other sites do not learn the URLs of the app.
pub const REFERRER_POLICY: HeaderValue = HeaderValue::from_static("same-origin");

/// The default `Strict-Transport-Security`: for a year, without subdomains, which may belong to other programs.
pub const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The headers that a response gets. A clone is one reference count.
///
/// As an extension of a response it replaces the headers of the app for that response.
#[derive(Debug, Clone)]
pub(crate) struct SecurityHeaders(Arc<SecurityHeaderValues>);

/// The value of each header; `None` adds none.
#[derive(Debug, Clone)]
pub(crate) struct SecurityHeaderValues {
    pub(crate) content_security_policy: Option<HeaderValue>,
    pub(crate) page_content_security_policy: Option<HeaderValue>,
    pub(crate) referrer_policy: Option<HeaderValue>,
    pub(crate) nosniff: bool,
    /// `None` too if clients do not use HTTPS.
    pub(crate) strict_transport_security: Option<HeaderValue>,
}

impl SecurityHeaders {
    pub(crate) fn new(values: SecurityHeaderValues) -> Self {
        Self(Arc::new(values))
    }

    /// Whether the response to this request must not have `Strict-Transport-Security`.
    #[inline]
    pub(crate) fn is_exempt_host<B>(&self, request: &Request<B>) -> bool {
        self.0.strict_transport_security.is_some() && host(request).is_some_and(is_localhost)
    }

    /// Adds the headers that `response` does not have yet, or those of its route. `is_exempt_host` is that of its
    /// request.
    #[inline]
    pub(crate) fn add_to(&self, response: &mut Response, is_exempt_host: bool) {
        // Of a route with headers of its own.
        let of_route = response.extensions().get::<Self>().cloned();
        let values = &*of_route.as_ref().unwrap_or(self).0;
        let is_not_modified = response.status() == StatusCode::NOT_MODIFIED;
        let headers = response.headers_mut();
        // One pass over the headers is cheaper than a look-up of each name by its hash.
        let mut present = PresentHeaders::default();
        for (name, value) in &*headers {
            present.note(name, value);
        }
        if values.nosniff && !present.nosniff {
            append(headers, header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        }
        if !is_not_modified && !present.content_security_policy {
            let policy = match present.is_page {
                true => &values.page_content_security_policy,
                false => &values.content_security_policy,
            };
            if let Some(policy) = policy {
                append(headers, header::CONTENT_SECURITY_POLICY, policy.clone());
            }
        }
        if let Some(policy) = &values.referrer_policy
            && !present.referrer_policy
        {
            append(headers, header::REFERRER_POLICY, policy.clone());
        }
        if let Some(policy) = &values.strict_transport_security
            && !is_exempt_host
            && !present.strict_transport_security
        {
            append(headers, header::STRICT_TRANSPORT_SECURITY, policy.clone());
        }
    }
}

/// What the headers of a response say already.
#[derive(Default)]
struct PresentHeaders {
    nosniff: bool,
    content_security_policy: bool,
    referrer_policy: bool,
    strict_transport_security: bool,
    is_page: bool,
}

impl PresentHeaders {
    #[inline]
    fn note(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.nosniff |= *name == header::X_CONTENT_TYPE_OPTIONS;
        self.content_security_policy |= *name == header::CONTENT_SECURITY_POLICY;
        self.referrer_policy |= *name == header::REFERRER_POLICY;
        self.strict_transport_security |= *name == header::STRICT_TRANSPORT_SECURITY;
        if *name == header::CONTENT_TYPE {
            self.is_page = is_html(value);
        }
    }
}

/// Adds a header that `headers` does not have. Cheaper than an entry, which is made for both cases.
#[inline]
fn append(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    // A map with the most headers that it can have stays as it is.
    let _ = headers.try_append(name, value);
}

fn is_html(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes();
    ["text/html", "application/xhtml+xml"].iter().any(|html| {
        let (html, rest) = (html.as_bytes(), essence.get(html.len()));
        essence.len() >= html.len()
            && essence[..html.len()].eq_ignore_ascii_case(html)
            && matches!(rest, None | Some(b';' | b' ' | b'\t'))
    })
}

/// The host that the request names, with its port.
fn host<B>(request: &Request<B>) -> Option<&[u8]> {
    let authority = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    authority.or_else(|| request.headers().get(header::HOST).map(HeaderValue::as_bytes))
}

/// Whether `host` is `localhost` or below it (RFC 6761 §6.3), with or without a port. HSTS does not apply to IP
/// addresses (RFC 6797 §8.1.1).
fn is_localhost(host: &[u8]) -> bool {
    let name = host.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = name.strip_suffix(b".").unwrap_or(name);
    let Some(before) = name.len().checked_sub("localhost".len()) else { return false };
    name[before..].eq_ignore_ascii_case(b"localhost") && (before == 0 || name[before - 1] == b'.')
}

/// Adds security headers to every response. See the [module docs](crate::edge::security_headers).
#[derive(Debug, Clone)]
#[must_use]
pub struct SecurityHeadersLayer {
    values: SecurityHeaderValues,
    /// `None` if nothing says so.
    https: Option<bool>,
}

impl SecurityHeadersLayer {
    /// Creates a layer with the default headers.
    pub fn new() -> Self {
        let values = SecurityHeaderValues {
            content_security_policy: Some(CONTENT_SECURITY_POLICY),
            page_content_security_policy: Some(PAGE_CONTENT_SECURITY_POLICY),
            referrer_policy: Some(REFERRER_POLICY),
            nosniff: true,
            strict_transport_security: Some(STRICT_TRANSPORT_SECURITY),
        };
        Self { values, https: None }
    }

    /// Sets the `Content-Security-Policy` of responses that are not HTML pages. Defaults to
    /// [`CONTENT_SECURITY_POLICY`].
    pub fn content_security_policy(mut self, policy: impl Into<Option<HeaderValue>>) -> Self {
        self.values.content_security_policy = policy.into();
        self
    }

    /// Sets the `Content-Security-Policy` of HTML pages. Defaults to [`PAGE_CONTENT_SECURITY_POLICY`].
    pub fn page_content_security_policy(mut self, policy: impl Into<Option<HeaderValue>>) -> Self {
        self.values.page_content_security_policy = policy.into();
        self
    }

    /// Sets `Referrer-Policy`. Defaults to [`REFERRER_POLICY`].
    pub fn referrer_policy(mut self, policy: impl Into<Option<HeaderValue>>) -> Self {
        self.values.referrer_policy = policy.into();
        self
    }

    /// Sets whether responses have `X-Content-Type-Options: nosniff`. Defaults to true.
    pub fn nosniff(mut self, nosniff: bool) -> Self {
        self.values.nosniff = nosniff;
        self
    }

    /// Sets `Strict-Transport-Security`. Defaults to [`STRICT_TRANSPORT_SECURITY`]. It is only sent over
    /// [HTTPS](Self::https).
    pub fn strict_transport_security(mut self, policy: impl Into<Option<HeaderValue>>) -> Self {
        self.values.strict_transport_security = policy.into();
        self
    }

    /// Sets whether all clients use HTTPS, for instance to a proxy in front. Defaults to whether the app itself serves
    /// HTTPS, and to false in a plain router.
    pub fn https(mut self, https: bool) -> Self {
        self.https = Some(https);
        self
    }

    /// The settings of the program.
    pub(crate) fn parts(self) -> (SecurityHeaderValues, Option<bool>) {
        (self.values, self.https)
    }

    fn headers(&self) -> SecurityHeaders {
        let mut values = self.values.clone();
        values.strict_transport_security.take_if(|_| self.https != Some(true));
        SecurityHeaders::new(values)
    }
}

impl Default for SecurityHeadersLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SecurityHeadersLayer {
    type Service = SecurityHeadersService<S>;

    fn layer(&self, inner: S) -> SecurityHeadersService<S> {
        SecurityHeadersService { inner, headers: self.headers() }
    }
}

/// The service of [`SecurityHeadersLayer`].
#[derive(Debug, Clone)]
pub struct SecurityHeadersService<S> {
    inner: S,
    headers: SecurityHeaders,
}

accessors!(SecurityHeadersService);

pin_project! {
    /// The future of [`SecurityHeadersService`].
    #[derive(Debug)]
    pub struct SecurityHeadersFuture<F> {
        #[pin]
        inner: F,
        headers: SecurityHeaders,
        is_exempt_host: bool,
    }
}

impl<F, E> Future for SecurityHeadersFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Changed in place, because moving a response is expensive.
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled {
            this.headers.add_to(response, *this.is_exempt_host);
        }
        polled
    }
}

impl<S, B> Service<Request<B>> for SecurityHeadersService<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = SecurityHeadersFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let is_exempt_host = self.headers.is_exempt_host(&request);
        SecurityHeadersFuture { inner: self.inner.call(request), headers: self.headers.clone(), is_exempt_host }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_is_html_if_its_essence_is() {
        for (content_type, expected) in [
            ("text/html", true),
            ("Text/HTML; charset=utf-8", true),
            ("text/html ;charset=utf-8", true),
            ("application/xhtml+xml", true),
            ("text/htmlx", false),
            ("text/plain", false),
            ("image/svg+xml", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(is_html(&HeaderValue::from_static(content_type)), expected, "{content_type}");
        }
    }

    #[test]
    fn host_is_localhost_with_any_port() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:3000", true),
            ("localhost.:3000", true),
            ("app.localhost", true),
            ("notlocalhost", false),
            ("localhost.example.com", false),
            ("127.0.0.1:3000", false),
            ("", false),
        ] {
            assert_eq!(is_localhost(host.as_bytes()), expected, "{host}");
        }
    }
}
