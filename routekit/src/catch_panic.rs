//! Answers 500 as a problem when a handler panics. The connection stays open.
//!
//! 1. Every route of an app has this policy, inside `timeout`, so that outer policies get a response and not a
//!    cancelled request.
//! 2. The message of the panic goes to the log and to the panic hook, never to the client.
//! 3. A panic while the response body streams is not caught: the head has been sent, and the server closes the
//!    connection.
//! 4. In a program built with `panic = "abort"` the policy has no effect.
//!
//! [`CatchPanicLayer`] applies the policy to any axum router:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::catch_panic::CatchPanicLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! async fn broken() {
//!     panic!("no such luck");
//! }
//! let app: Router = Router::new().route("/", get(broken)).layer(CatchPanicLayer::new());
//! assert_eq!(app.oneshot(Request::new(Body::empty())).await.unwrap().status(), 500);
//! # }
//! ```

use std::{
    any::Any,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    base::failure_cause::CauseKind,
    observe::{Event, Failure, Observer, Report},
    problem::Problem,
};

/// Converts panics to responses.
#[derive(Debug, Clone, Default)]
pub(crate) struct PanicGuard {
    report: Report,
}

impl PanicGuard {
    /// Creates a guard that reports panics to `observer`.
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Self { report: Report::to(observer) }
    }

    /// Reports panics to no observer.
    pub(crate) const fn unreported() -> Self {
        Self { report: Report::none() }
    }

    fn response(&self, panic: &(dyn Any + Send)) -> Response {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("(not a string)");
        self.report.event(Event::Panicked);
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = problem.caused_by(CauseKind::Panic(text.to_owned())).into_response();
        response.extensions_mut().insert(Failure::Panic);
        response
    }
}

pin_project! {
    /// A call whose panics become responses.
    pub(crate) struct GuardedCall<F> {
        #[pin]
        inner: Option<F>,
        // A panic of the call itself, before it returned a future.
        panic: Option<Box<dyn Any + Send>>,
    }
}

impl<F> GuardedCall<F> {
    /// A call that has not been [started](Self::start).
    pub(crate) const fn new() -> Self {
        Self { inner: None, panic: None }
    }

    /// Calls `call` with `request`. Its panics are caught, too.
    #[inline]
    pub(crate) fn start<R>(&mut self, request: R, call: impl FnOnce(R) -> F) {
        // The closure borrows them, because `catch_unwind` moves its arguments and its result, and both are large.
        let mut request = Some(request);
        let inner = &mut self.inner;
        let run = || *inner = request.take().map(call);
        // The handler is responsible for unwind safety, as in a thread that another thread joins.
        self.panic = catch_unwind(AssertUnwindSafe(run)).err();
    }

    /// Polls the call. `guard` answers a panic.
    #[inline(always)]
    pub(crate) fn poll<E>(self: Pin<&mut Self>, guard: &PanicGuard, cx: &mut Context<'_>) -> Poll<Result<Response, E>>
    where
        F: Future<Output = Result<Response, E>>,
    {
        let this = self.project();
        if let Some(panic) = this.panic.take() {
            return Poll::Ready(Ok(guard.response(&*panic)));
        }
        let inner = this.inner.as_pin_mut().expect("a call that panicked answers at the first poll");
        match catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
            Ok(poll) => poll,
            Err(panic) => Poll::Ready(Ok(guard.response(&*panic))),
        }
    }
}

/// Answers 500 if the inner service panics. See the [module docs](crate::catch_panic).
#[derive(Debug, Clone, Default)]
pub struct CatchPanicLayer {
    guard: PanicGuard,
}

impl CatchPanicLayer {
    /// Creates the layer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the observer of panics. Defaults to none.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.guard = PanicGuard::new(observer);
        self
    }
}

impl<S> Layer<S> for CatchPanicLayer {
    type Service = CatchPanic<S>;

    fn layer(&self, inner: S) -> CatchPanic<S> {
        CatchPanic { inner, guard: self.guard.clone() }
    }
}

/// The service of [`CatchPanicLayer`].
#[derive(Debug, Clone)]
pub struct CatchPanic<S> {
    inner: S,
    guard: PanicGuard,
}

accessors!(CatchPanic);

pin_project! {
    /// The future of [`CatchPanic`].
    pub struct CatchPanicFuture<F> {
        #[pin]
        call: GuardedCall<F>,
        guard: PanicGuard,
    }
}

impl<F, E> Future for CatchPanicFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.call.poll(this.guard, cx)
    }
}

impl<F> fmt::Debug for CatchPanicFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanicFuture").finish_non_exhaustive()
    }
}

impl<S, B> Service<Request<B>> for CatchPanic<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = CatchPanicFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut future = CatchPanicFuture { call: GuardedCall::new(), guard: self.guard.clone() };
        future.call.start(request, |request| self.inner.call(request));
        future
    }
}
