//! Compresses responses, as their clients accept it (RFC 9110 §12.5.3).
//!
//! 1. Off by default: a proxy or CDN in front often compresses already, and a page that repeats a client's input beside
//!    a secret reveals the secret by its compressed size (BREACH). `compression.enabled = "on"` in the configuration
//!    switches it on, with the Cargo feature `compression`.
//! 2. Codings are gzip, and Brotli with the feature `compression-br`. `Accept-Encoding` chooses. A client that accepts
//!    neither of them gets the response uncompressed, also if it refuses that too (`identity;q=0`): the response exists
//!    already, and a 406 would replace it (RFC 9110 §15.5.7).
//! 3. A response is compressed if its length is known and at least `compression.min_bytes`, and if its type is text,
//!    JSON, XML, JavaScript, WebAssembly or SVG. Server-sent events and other streams are left alone: a compressor
//!    would hold their parts back.
//! 4. It is not compressed if it has a `Content-Encoding` or a `Content-Range`, if it is a 206, or if its
//!    `Cache-Control` or that of the request says `no-transform` (RFC 9111 §5.2.2.6). Nor is one with a digest of its
//!    bytes: `Content-Digest` or `Repr-Digest` (RFC 9530), `Digest`, `Content-MD5`.
//! 5. A compressed response has no `Content-Length` and no `Accept-Ranges`. A strong `ETag` becomes weak, because the
//!    bytes differ (RFC 9110 §8.8.1). `If-None-Match` compares weakly, so that revalidation works. `If-Match` compares
//!    strongly, so a client that needs it sends `Accept-Encoding: identity` with the GET.
//! 6. `Vary` names `Accept-Encoding` in every response that another client might get compressed. A 304 has the `Vary`
//!    and the `ETag` of the response that it stands for (RFC 9110 §15.4.5), as far as its headers tell. The response to
//!    a HEAD request has the headers of that to a GET.
//! 7. The cache is further in: it stores responses as the handler made them, and a hit is compressed for each request.
//!    With `cache(compress_stored)`, it stores gzip, and sends that to clients that accept it. Such a response has a
//!    `Content-Encoding`, and is left alone here.
//!
//! tower-http's `CompressionLayer` compresses; on a plain axum router, use it directly.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use http::{Extensions, HeaderMap, Method, Request, StatusCode, Version, header};
use http_body::Body as _;
use tower_http::compression::{Compression, CompressionBody};
use tower_service::Service;

use super::{immediate::answer, vary::add_vary};
use crate::{
    base::message::no_content::no_content,
    content_coding::{Coding, has_no_transform, is_compressible, may_change, weaken_etag},
};

/// Compresses the responses of an app.
#[derive(Debug, Clone)]
pub(crate) struct ResponseCompression {
    min_bytes: u64,
}

/// What the compression of a response needs of its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AcceptedCodings {
    /// `None` if the client accepts no coding, or no transformation.
    coding: Option<Coding>,
    is_head: bool,
}

impl ResponseCompression {
    pub(crate) fn new(min_bytes: u64) -> Self {
        Self { min_bytes }
    }

    pub(crate) fn begin<B>(&self, request: &Request<B>) -> AcceptedCodings {
        let headers = request.headers();
        let coding = Coding::preferred(headers).filter(|_| !has_no_transform(headers));
        AcceptedCodings { coding, is_head: *request.method() == Method::HEAD }
    }

    /// Compresses `response`, if it may be and if its client accepts that.
    pub(crate) fn apply(&self, accepted: AcceptedCodings, response: &mut Response) {
        let is_not_modified = response.status() == StatusCode::NOT_MODIFIED;
        let is_eligible = match is_not_modified {
            true => stands_for_eligible(response.headers()),
            false => self.is_eligible(response, accepted.is_head),
        };
        if !is_eligible {
            return;
        }
        add_vary(response.headers_mut(), &header::ACCEPT_ENCODING);
        let Some(coding) = accepted.coding else { return };
        // tower-http adds `Content-Encoding` and `Vary`, and panics if the map has no room.
        if response.headers_mut().try_reserve(2).is_err() {
            return;
        }
        weaken_etag(response.headers_mut());
        if is_not_modified {
            return;
        }
        let plain = std::mem::take(response);
        *response = compressed(coding, plain).map(Body::new);
        if accepted.is_head {
            *response.body_mut() = no_content();
        }
    }

    fn is_eligible(&self, response: &Response, is_head: bool) -> bool {
        let headers = response.headers();
        // Of a response to HEAD, the header if there is one: further in, its body may still be there.
        let named = if is_head { content_length(headers) } else { None };
        let length = named.or_else(|| response.body().size_hint().exact());
        length.is_some_and(|length| length >= self.min_bytes)
            && response.status() != StatusCode::PARTIAL_CONTENT
            && headers.get(header::CONTENT_TYPE).is_some_and(is_compressible)
            && may_change(headers)
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether a 304 with these headers may stand for a compressed response. It need not name the type, and has no length.
fn stands_for_eligible(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_none_or(is_compressible) && may_change(headers)
}

/// The response as tower-http compresses it with this coding.
fn compressed(coding: Coding, response: Response) -> http::Response<CompressionBody<Body>> {
    let mut request = Request::new(());
    request.headers_mut().insert(header::ACCEPT_ENCODING, coding.name());
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
