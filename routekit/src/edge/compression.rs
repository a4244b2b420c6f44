//! Compresses responses, as their clients accept it (RFC 9110 §12.5.3).
//!
//! 1. Off by default: a proxy or CDN in front often compresses already, and a page that repeats a client's input beside
//!    a secret reveals the secret by its compressed size (BREACH). `compression.enabled = "on"` in the configuration
//!    switches it on, with the Cargo feature `compression`.
//! 2. Codings are gzip, and Brotli with the feature `compression-br`. `Accept-Encoding` chooses.
//! 3. A response is compressed if its length is known and at least `compression.min_bytes`, and if its type is text,
//!    JSON, XML, JavaScript, WebAssembly or SVG. Server-sent events and other streams are left alone: a compressor
//!    would hold their parts back.
//! 4. It is not compressed if it has a `Content-Encoding` or a `Content-Range`, if it is a 206, or if its
//!    `Cache-Control` or that of the request says `no-transform` (RFC 9111 §5.2.2.6).
//! 5. A compressed response has no `Content-Length` and no `Accept-Ranges`. A strong `ETag` becomes weak, because the
//!    bytes differ (RFC 9110 §8.8.1); so it does in a 304 to a client that accepts codings. `If-None-Match` compares
//!    weakly, so that revalidation works. `If-Match` compares strongly, so a client that needs it sends
//!    `Accept-Encoding: identity` with the GET.
//! 6. `Vary` names `Accept-Encoding` in every response that another client might get compressed. The response to a HEAD
//!    request has the headers of that to a GET.
//! 7. The cache is further in: it stores responses as the handler made them, and a hit is compressed for each request.
//!
//! tower-http's `CompressionLayer` compresses; on a plain axum router, use it directly.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header};
use http_body::Body as _;
use tower_http::compression::{Compression, CompressionBody};
use tower_service::Service;

use super::{immediate::answer, vary::add_vary};

/// Types other than text whose bodies are worth compressing.
const COMPRESSIBLE: [&str; 7] = [
    "application/javascript",
    "application/json",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/xml",
    "font/ttf",
    "image/svg+xml",
];

/// Compresses the responses of an app.
#[derive(Debug, Clone)]
pub(crate) struct ResponseCompression {
    min_bytes: u64,
}

/// What the compression of a response needs of its request.
#[derive(Debug)]
pub(crate) struct AcceptedCodings {
    /// The `Accept-Encoding` headers. `None` if the client accepts no coding, or no transformation.
    headers: Option<Box<HeaderMap>>,
    is_head: bool,
}

impl ResponseCompression {
    pub(crate) fn new(min_bytes: u64) -> Self {
        Self { min_bytes }
    }

    pub(crate) fn begin<B>(&self, request: &Request<B>) -> AcceptedCodings {
        let accepts = request.headers().contains_key(header::ACCEPT_ENCODING) && !has_no_transform(request.headers());
        let headers = accepts.then(|| {
            let values = request.headers().get_all(header::ACCEPT_ENCODING);
            Box::new(values.into_iter().map(|value| (header::ACCEPT_ENCODING, value.clone())).collect())
        });
        AcceptedCodings { headers, is_head: *request.method() == Method::HEAD }
    }

    /// Compresses `response`, if it may be and if its client accepts that.
    pub(crate) fn apply(&self, accepted: &mut AcceptedCodings, response: &mut Response) {
        if response.status() == StatusCode::NOT_MODIFIED {
            if accepted.headers.is_some() {
                weaken(response.headers_mut());
            }
            return;
        }
        if !self.is_eligible(response, accepted.is_head) {
            return;
        }
        add_vary(response.headers_mut(), &header::ACCEPT_ENCODING);
        let Some(headers) = accepted.headers.take() else { return };
        let plain = std::mem::take(response);
        *response = compressed(*headers, plain).map(Body::new);
        if response.headers().contains_key(header::CONTENT_ENCODING) {
            weaken(response.headers_mut());
            if accepted.is_head {
                *response.body_mut() = Body::empty();
            }
        }
    }

    fn is_eligible(&self, response: &Response, is_head: bool) -> bool {
        let headers = response.headers();
        let length = if is_head {
            headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok())
        } else {
            response.body().size_hint().exact()
        };
        length.is_some_and(|length: u64| length >= self.min_bytes)
            && response.status() != StatusCode::PARTIAL_CONTENT
            && !headers.contains_key(header::CONTENT_ENCODING)
            && !headers.contains_key(header::CONTENT_RANGE)
            && headers.get(header::CONTENT_TYPE).is_some_and(is_compressible)
            && !has_no_transform(headers)
    }
}

fn is_compressible(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "text/event-stream" {
        return false;
    }
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || COMPRESSIBLE.contains(&&*essence)
}

fn has_no_transform(headers: &HeaderMap) -> bool {
    let directives = headers
        .get_all(header::CACHE_CONTROL)
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii));
    directives.into_iter().any(|directive| directive.eq_ignore_ascii_case(b"no-transform"))
}

/// Makes a strong `ETag` weak.
fn weaken(headers: &mut HeaderMap) {
    if let Some(tag) = headers.get_mut(header::ETAG)
        && tag.as_bytes().first() == Some(&b'"')
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        *tag = weak;
    }
}

/// The response as tower-http compresses it for a client with these headers.
fn compressed(headers: HeaderMap, response: Response) -> http::Response<CompressionBody<Body>> {
    let mut request = Request::new(());
    *request.headers_mut() = headers;
    // What may be compressed has been decided.
    let always = |_: StatusCode, _: Version, _: &HeaderMap, _: &Extensions| true;
    answer(Compression::new(Given(Some(response))).compress_when(always), request)
}

/// Answers one request with a response that exists already.
struct Given(Option<Response>);

impl Service<Request<()>> for Given {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<()>) -> Self::Future {
        ready(Ok(self.0.take().expect("called once")))
    }
}
