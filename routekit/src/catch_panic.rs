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
    borrow::Borrow,
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
    base::printable::Printable,
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

    fn response(&self, panic: &(dyn Any + Send)) -> Response {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("(not a string)");
        tracing::error!(panic = %Printable(text), "a handler panicked");
        self.report.event(Event::Panicked);
        let mut response = Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(Failure::Panic);
        response
    }
}

pin_project! {
    /// A future whose panics become responses.
    pub(crate) struct PanicGuarded<F, G> {
        #[pin]
        inner: Option<F>,
        // A panic of the call itself, before it returned a future.
        panic: Option<Box<dyn Any + Send>>,
        guard: G,
    }
}

impl<F, G> PanicGuarded<F, G> {
    /// Calls `call` with `request`. Its panics are caught, too.
    pub(crate) fn new<R>(guard: G, request: R, call: impl FnOnce(R) -> F) -> Self {
        // The closure borrows them, because `catch_unwind` moves its arguments and its result, and both are large.
        let (mut input, mut inner) = (Some((request, call)), None);
        let run = || inner = input.take().map(|(request, call)| call(request));
        // The handler is responsible for unwind safety, as in a thread that another thread joins.
        let panic = catch_unwind(AssertUnwindSafe(run)).err();
        Self { inner, panic, guard }
    }
}

impl<F, E, G> Future for PanicGuarded<F, G>
where
    F: Future<Output = Result<Response, E>>,
    G: Borrow<PanicGuard>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let guard = (*this.guard).borrow();
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

opaque_future! {
    /// The future of [`CatchPanic`].
    pub struct CatchPanicFuture<F>(PanicGuarded<F, PanicGuard>);
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
        CatchPanicFuture::new(PanicGuarded::new(self.guard.clone(), request, |request| self.inner.call(request)))
    }
}
