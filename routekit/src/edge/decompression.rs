//! Decompresses request bodies.
//!
//! 1. With the Cargo feature `decompression`, an app takes requests with `Content-Encoding: gzip` or `deflate`, and
//!    with `compression-br` also `br`. The handler receives the decompressed body, without `Content-Encoding` and
//!    `Content-Length`. `decompression.enabled = "off"` leaves bodies and headers as they are. Then, and without the
//!    feature, `Json` and `Form` answer 415 to an encoded body.
//! 2. The `body_limit` of the route counts decompressed bytes, and the extractor that reads the body answers 413. So a
//!    few kilobytes that decompress to gigabytes cost no more memory than a plain body of that size. The largest
//!    `body_limit` of the app also limits bodies of hand-written routes.
//! 3. Any other `Content-Encoding` is answered with 415, and so are several encodings of one body and an encoding that
//!    is malformed. `Accept-Encoding` in that response names the encodings that the app takes (RFC 9110 §12.5.3).
//! 4. Brotli with a window of more than 4 MiB is refused as a broken body, because decompressing any of it needs that
//!    much memory. That includes the "large window" extension. Encoders use 4 MiB or less unless they are told
//!    otherwise.
//! 5. A body that is not in its format is answered as a broken body: 400. That includes one that takes in much more
//!    than it gives out, such as endless empty blocks, and one with bytes after its end.
//! 6. A gzip body has one member. A body of several, which RFC 1952 §2.2 permits, is answered with 400, never cut to
//!    the first one.
//!
//! tower-http's `RequestDecompressionLayer` decompresses; on a plain axum router, use it directly, inside a limit.

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready as poll_ready},
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Buf;
use http::{HeaderValue, StatusCode, header};
use http_body::{Frame, SizeHint};
use http_body_util::Limited;
use pin_project_lite::pin_project;
use tower_http::decompression::{DecompressionBody, RequestDecompression};
use tower_service::Service;

use crate::{
    observe::{DecompressedBody, Event, Exchange, Observer, Report},
    problem::Problem,
};

/// The encodings that the app takes.
const ACCEPTED: HeaderValue = if cfg!(feature = "compression-br") {
    HeaderValue::from_static("gzip, deflate, br")
} else {
    HeaderValue::from_static("gzip, deflate")
};

/// How many bytes a body may take in before it gives some out. Headers of gzip may have names and comments.
const HEAD_START: u64 = 256 * 1024;

/// Decompresses the bodies of requests.
#[derive(Debug, Clone)]
pub(crate) struct BodyDecompression {
    /// The most bytes that any body may have.
    limit: usize,
    report: Report,
}

impl BodyDecompression {
    /// `limit` is the largest limit of all routes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), report: Report::none() }
    }

    /// Reports encodings that are none that the app takes to `observer`.
    pub(crate) fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }

    /// Replaces the body of `request` by the decompressed one, if it is encoded. Returns the response if the encoding
    /// is none that the app takes.
    #[inline]
    pub(crate) fn admit(&self, request: &mut Request) -> Result<(), Box<Response>> {
        // Most requests have no body, and that is cheaper to see than whether a header is there.
        if request.body().is_end_stream() || !request.headers().contains_key(header::CONTENT_ENCODING) {
            return Ok(());
        }
        self.decode(request)
    }

    fn decode(&self, request: &mut Request) -> Result<(), Box<Response>> {
        let mut encodings = request.headers().get_all(header::CONTENT_ENCODING).iter();
        let encoding = encodings.next().map(|encoding| encoding.as_bytes().trim_ascii().to_ascii_lowercase());
        let is_one = encodings.next().is_none();
        let encoding = match encoding.as_deref().filter(|_| is_one) {
            Some(b"identity") => return Ok(()),
            // RFC 9110 §8.4.1.3.
            Some(b"gzip" | b"x-gzip") => HeaderValue::from_static("gzip"),
            Some(b"deflate") => HeaderValue::from_static("deflate"),
            Some(b"br") if cfg!(feature = "compression-br") => HeaderValue::from_static("br"),
            _ => return Err(self.refuse()),
        };
        request.headers_mut().insert(header::CONTENT_ENCODING, encoding);
        let flow = Arc::new(Flow::default());
        let is_brotli = request.headers()[header::CONTENT_ENCODING] == "br";
        let plain = std::mem::take(request).map(|inner| Encoded { inner, flow: Arc::clone(&flow), is_brotli });
        let mut decoded = None;
        // Its future answers with what `Captured` does: nothing. The request is what counts.
        drop(RequestDecompression::new(Captured(&mut decoded)).call(plain));
        let decoded = decoded.ok_or_else(|| self.refuse())?;
        let limit = self.limit;
        *request = decoded.map(|inner| Body::new(Decoded { inner: Limited::new(inner, limit), flow }));
        if let Some(exchange) = request.extensions().get::<Exchange>() {
            exchange.traced().passes("decompression", "passed");
        }
        request.extensions_mut().insert(DecompressedBody);
        Ok(())
    }

    /// Answers a body in an encoding that the app does not take. The route is not known yet.
    fn refuse(&self) -> Box<Response> {
        self.report.event(Event::UnsupportedEncoding);
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            .with_detail("the body has a content encoding that is not supported")
            .with_header(header::ACCEPT_ENCODING, ACCEPTED);
        Box::new(problem.into_response())
    }
}

/// How many bytes of a body have arrived, and how many of them are decoded into how many.
#[derive(Debug, Default)]
struct Flow {
    arrived: AtomicU64,
    taken: AtomicU64,
    given: AtomicU64,
}

impl Flow {
    /// Whether the body may take in more. What has arrived is decoded by then. An encoding adds a few bytes to data
    /// that it cannot compress, and not many.
    fn check(&self) -> Result<(), RefusedEncoding> {
        let [arrived, given] = [&self.arrived, &self.given].map(|count| count.load(Ordering::Relaxed));
        if arrived > HEAD_START + given + given / 8 { Err(RefusedEncoding::NoContent) } else { Ok(()) }
    }

    /// Whether the decoder has taken all that has arrived. It leaves what comes after the end of its format.
    fn check_end(&self) -> Result<(), RefusedEncoding> {
        let [arrived, taken] = [&self.arrived, &self.taken].map(|count| count.load(Ordering::Relaxed));
        if arrived == taken { Ok(()) } else { Err(RefusedEncoding::Surplus) }
    }
}

/// Refuses Brotli with a window of 8 or 16 MiB (RFC 7932 §9.1), and the "large window" extension with windows up to
/// 1 GiB, by the first byte of the body. The first 7 bits say which. RFC 7932 reserves those of the extension.
fn check_window(first: u8) -> Result<(), RefusedEncoding> {
    let is_large = matches!(first & 0b1111, 0b1101 | 0b1111) || first & 0b111_1111 == 0b001_0001;
    if is_large { Err(RefusedEncoding::Window) } else { Ok(()) }
}

/// What a decoder would accept, and the app does not.
#[derive(Debug)]
enum RefusedEncoding {
    NoContent,
    Surplus,
    Window,
}

impl fmt::Display for RefusedEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoContent => "the encoded body is much larger than its content",
            Self::Surplus => "there are bytes after the end of the encoded body",
            Self::Window => "the Brotli window of the body is larger than 4 MiB",
        })
    }
}

impl std::error::Error for RefusedEncoding {}

pin_project! {
    /// The body as it arrives.
    struct Encoded {
        #[pin]
        inner: Body,
        flow: Arc<Flow>,
        // Until its first byte has arrived.
        is_brotli: bool,
    }
}

impl HttpBody for Encoded {
    type Data = Chunk;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Chunk>, BoxError>>> {
        let mut this = self.project();
        loop {
            if let Err(error) = this.flow.check() {
                return Poll::Ready(Some(Err(error.into())));
            }
            let Some(frame) = poll_ready!(this.inner.as_mut().poll_frame(cx)) else { return Poll::Ready(None) };
            let frame = frame?;
            if let Some(data) = frame.data_ref() {
                // After its end, a decoder looks at one more frame.
                let Some(first) = data.first() else { continue };
                if std::mem::take(this.is_brotli) {
                    check_window(*first)?;
                }
                this.flow.arrived.fetch_add(data.len() as u64, Ordering::Relaxed);
            }
            return Poll::Ready(Some(Ok(frame.map_data(|data| Chunk { data, flow: Arc::clone(this.flow) }))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Bytes that count how many of them the decoder takes.
struct Chunk {
    data: Bytes,
    flow: Arc<Flow>,
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        self.data.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.data.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.data.advance(count);
        self.flow.taken.fetch_add(count as u64, Ordering::Relaxed);
    }
}

pin_project! {
    /// The body as the handler reads it. Its size is unknown, so that limits count it.
    struct Decoded {
        #[pin]
        inner: Limited<DecompressionBody<Encoded>>,
        flow: Arc<Flow>,
    }
}

impl HttpBody for Decoded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let Some(frame) = poll_ready!(this.inner.poll_frame(cx)) else {
            return Poll::Ready(this.flow.check_end().err().map(|surplus| Err(surplus.into())));
        };
        if let Ok(frame) = &frame {
            this.flow.given.fetch_add(frame.data_ref().map_or(0, Bytes::len) as u64, Ordering::Relaxed);
        }
        Poll::Ready(Some(frame))
    }
}

/// Keeps the request that it is called with.
struct Captured<'a>(&'a mut Option<http::Request<DecompressionBody<Encoded>>>);

impl Service<http::Request<DecompressionBody<Encoded>>> for Captured<'_> {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<DecompressionBody<Encoded>>) -> Self::Future {
        *self.0 = Some(request);
        ready(Ok(Response::default()))
    }
}
