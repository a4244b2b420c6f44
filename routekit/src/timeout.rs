//! Limits how long a handler may take: a slower request is answered with 504.
//!
//! ```
//! use std::time::Duration;
//! use routekit::get;
//!
//! #[get("/reports", timeout = "2s")]
//! async fn reports() {
//!     tokio::time::sleep(Duration::from_secs(60)).await;
//! }
//! # let _ = reports;
//! ```
//!
//! 1. The limit covers the time up to the response *head*. A body that is streamed afterwards is not cut off.
//! 2. The handler is dropped at its current `.await`. Tasks that it has spawned continue.
//! 3. The timer is created when the handler first waits. A response that is ready at once needs no timer, and a handler
//!    that never waits cannot be timed out, like any async code.
//! 4. The limit runs on tokio's clock, which `tokio::time::pause` stops. It also expires when a
//!    [`ManualClock`](crate::ManualClock) that is the clock of the app moves past it.
//! 5. The service answers with a response and never with an error (unlike `tower::timeout`), so it needs no error
//!    handling around it.
//!
//! [`TimeoutLayer`] applies the policy to any axum router:
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::timeout::TimeoutLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let app: Router = Router::new()
//!     .route("/", get(|| tokio::time::sleep(Duration::from_secs(60))))
//!     .layer(TimeoutLayer::new(Duration::from_secs(2)));
//! let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
//! assert_eq!(response.status(), 504);
//! # }
//! ```

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::response::Response;
use http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    base::clock::Clock,
    deadline::{Deadline, timed_out},
    observe::{Observer, Report},
};

/// The time limit of a handler.
#[derive(Debug, Clone)]
pub(crate) struct TimeLimit {
    limit: Duration,
    clock: Clock,
    report: Report,
}

impl TimeLimit {
    /// Creates a limit that reports timeouts to `observer`.
    pub(crate) fn new(limit: Duration, clock: Clock, observer: Arc<dyn Observer>) -> Self {
        Self { limit, clock, report: Report::to(observer) }
    }

    /// Answers 504 in place of a handler that has been pending for too long.
    #[inline]
    pub(crate) fn limit<E>(
        &self,
        polled: &mut Poll<Result<Response, E>>,
        deadline: &mut Deadline,
        cx: &mut Context<'_>,
    ) {
        if polled.is_pending() && deadline.poll_expired(self.limit, &self.clock, cx).is_ready() {
            *polled = Poll::Ready(Ok(timed_out(&self.report)));
        }
    }
}

/// Answers 504 if the inner service takes too long. See the [module docs](crate::timeout).
#[derive(Debug, Clone)]
pub struct TimeoutLayer {
    limit: TimeLimit,
}

impl TimeoutLayer {
    /// Creates a layer that allows at most `limit` up to the response head.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit: TimeLimit { limit, clock: Clock::system(), report: Report::default() } }
    }

    /// Sets a clock, such as that of a [`ManualClock`](crate::ManualClock), on which the limit expires too. It also
    /// expires on tokio's clock. Defaults to tokio's clock only.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.limit.clock = clock;
        self
    }

    /// Sets the observer of requests that exceed the limit. Defaults to none.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.limit.report = Report::to(observer);
        self
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Timeout<S> {
        Timeout { inner, limit: self.limit.clone() }
    }
}

/// The service of [`TimeoutLayer`].
#[derive(Debug, Clone)]
pub struct Timeout<S> {
    inner: S,
    limit: TimeLimit,
}

accessors!(Timeout);

pin_project! {
    /// The future of [`Timeout`].
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        limit: TimeLimit,
        deadline: Deadline,
    }
}

impl<F, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut polled = this.inner.poll(cx);
        this.limit.limit(&mut polled, this.deadline, cx);
        polled
    }
}

impl<F> fmt::Debug for TimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutFuture").finish_non_exhaustive()
    }
}

impl<S, B> Service<Request<B>> for Timeout<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let inner = self.inner.call(request);
        TimeoutFuture { inner, limit: self.limit.clone(), deadline: Deadline::default() }
    }
}
