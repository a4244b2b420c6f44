//! Limits the size of request bodies: a larger body is answered with 413.
//!
//! ```
//! use routekit::post;
//!
//! #[post("/notes", body_limit = "64KiB")]
//! async fn create(body: String) -> String {
//!     body
//! }
//! # let _ = create;
//! ```
//!
//! 1. A request whose `Content-Length` exceeds the limit is rejected before a byte is read.
//! 2. A body without a length is counted while it is read. The extractor that reads it answers 413.
//! 3. A body whose length is within the limit is passed on unchanged: the HTTP parser enforces its length.
//! 4. The limit replaces axum's `DefaultBodyLimit`, which would otherwise apply below a larger limit.
//!
//! [`BodyLimitLayer`] applies the policy to any axum router:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::post};
//! use routekit::body_limit::BodyLimitLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app: Router = Router::new().route("/", post(|body: String| async { body })).layer(BodyLimitLayer::new(4));
//! let too_large = Request::post("/").body(Body::from("hello")).unwrap();
//! assert_eq!(app.oneshot(too_large).await.unwrap().status(), 413);
//! # }
//! ```

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use http_body_util::Limited;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    base::pass_or_answer::PassOrAnswer,
    observe::{DecompressedBody, Event, Observer, Report, TracedRequest},
    problem::Problem,
};

/// The limit of a route that does not declare one: 2 MiB, as in axum, so that a route that moves to routekit accepts
/// the same bodies.
pub const DEFAULT_BYTES: u64 = 2 * 1024 * 1024;

/// The limit of axum's own extractors.
const AXUM_DEFAULT_BYTES: u64 = DEFAULT_BYTES;

/// The largest size of a request body.
#[derive(Debug, Clone)]
pub(crate) struct SizeLimit {
    bytes: u64,
    report: Report,
}

/// The length of a body: known, or counted while the body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Known,
    Counted,
    /// Counted after decompression.
    Decompressed,
}

impl SizeLimit {
    /// Creates a limit that reports larger bodies to `observer`.
    pub(crate) fn new(bytes: u64, observer: Arc<dyn Observer>) -> Self {
        Self { bytes, report: Report::to(observer) }
    }

    /// Rejects a body with a length beyond the limit, and counts a body without a length while it is read.
    pub(crate) fn admit(&self, request: &mut Request) -> Result<BodyLength, Box<Response>> {
        let Some(length) = request.body().size_hint().upper() else {
            // A larger limit on a 32-bit machine is no limit: such a body does not fit in memory.
            let bytes = usize::try_from(self.bytes).unwrap_or(usize::MAX);
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(Limited::new(body, bytes));
            // Not counted twice: axum recognises the error of our limit only if it is wrapped in its own limit.
            DefaultBodyLimit::disable().apply(request);
            let is_decompressed = request.extensions().get::<DecompressedBody>().is_some();
            return Ok(if is_decompressed { BodyLength::Decompressed } else { BodyLength::Counted });
        };
        if length > self.bytes {
            self.report.event(Event::BodyTooLarge);
            let problem =
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE).with_detail("the body is larger than this route allows");
            return Err(Box::new(problem.into_response()));
        }
        if length > AXUM_DEFAULT_BYTES {
            DefaultBodyLimit::disable().apply(request);
        }
        Ok(BodyLength::Known)
    }

    /// Reports a counted body that its extractor has rejected.
    #[inline]
    pub(crate) fn inspect(&self, body: BodyLength, response: &Response, traced: &TracedRequest) {
        if body != BodyLength::Known && response.status() == StatusCode::PAYLOAD_TOO_LARGE {
            self.report.event(Event::BodyTooLarge);
            let policy = if body == BodyLength::Decompressed { "decompression" } else { "body_limit" };
            traced.answers(policy, "refused", response.status());
        }
    }
}

/// Answers 413 if a request body is too large. See the [module docs](crate::body_limit).
#[derive(Debug, Clone)]
pub struct BodyLimitLayer {
    limit: SizeLimit,
}

impl BodyLimitLayer {
    /// Creates a layer that allows at most `bytes`.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self { limit: SizeLimit { bytes, report: Report::default() } }
    }

    /// Sets the observer of bodies that are too large. Defaults to none.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.limit.report = Report::to(observer);
        self
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> BodyLimit<S> {
        BodyLimit { inner, limit: self.limit.clone() }
    }
}

/// The service of [`BodyLimitLayer`].
#[derive(Debug, Clone)]
pub struct BodyLimit<S> {
    inner: S,
    limit: SizeLimit,
}

accessors!(BodyLimit);

pin_project! {
    struct Inspected<F> {
        #[pin]
        inner: F,
        body: BodyLength,
        limit: SizeLimit,
    }
}

impl<F, E> Future for Inspected<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let Ok(response) = &result {
            this.limit.inspect(*this.body, response, &TracedRequest::default());
        }
        Poll::Ready(result)
    }
}

opaque_future! {
    /// The future of [`BodyLimit`].
    pub struct BodyLimitFuture<F>(PassOrAnswer<Inspected<F>>);
}

impl<S> Service<Request> for BodyLimit<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BodyLimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        BodyLimitFuture::new(match self.limit.admit(&mut request) {
            Ok(body) => {
                let (inner, limit) = (self.inner.call(request), self.limit.clone());
                PassOrAnswer::pass(Inspected { inner, body, limit })
            }
            Err(refusal) => PassOrAnswer::answer(refusal),
        })
    }
}
