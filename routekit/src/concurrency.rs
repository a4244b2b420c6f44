//! Limits the number of requests that a handler runs at a time: further requests are answered with 503 at once.
//!
//! ```
//! use routekit::get;
//!
//! #[get("/reports", concurrency = 8)]
//! async fn reports() {}
//! # let _ = reports;
//! ```
//!
//! 1. No request waits: a queue in front of a slow handler would make every request in it even slower. `Retry-After` is
//!    one second.
//! 2. A request holds its permit from its call to its response *head*, as with `timeout`. A body that is streamed
//!    afterwards holds none.
//! 3. Unless rule 5 applies, the permit is released however the request ends: with a response, an error, a panic, a
//!    timeout, or a client that disconnects.
//! 4. The limit covers all requests through one layer: those of one route, on any connection, in this process.
//! 5. A handler that continues after its client has disconnected or its time is up holds its permit until it ends. That
//!    is so for a route that [invalidates](crate::cache::InvalidateLayer) stored responses (for at most 30 seconds),
//!    for a handler that the route's `layer(…)` runs on another task, and for work that holds a [`RunningPermit`].
//! 6. Without a `timeout`, a handler holds its permit for as long as it hangs, or for as long as its client takes to
//!    send its body.
//!
//! Work on a task or a thread of its own continues without the handler. It holds the permit if the handler passes it
//! on:
//!
//! ```
//! use routekit::{axum::body::Bytes, concurrency::RunningPermit, prelude::*};
//!
//! #[post("/thumbnails", concurrency = 2, timeout = "5s")]
//! async fn thumbnail(permit: RunningPermit, image: Bytes) -> Result<Bytes> {
//!     let work = tokio::task::spawn_blocking(move || {
//!         let _permit = permit;
//!         scale(image)
//!     });
//!     work.await.map_err(Problem::internal)
//! }
//! # fn scale(image: Bytes) -> Bytes { image }
//! # let _ = routes![thumbnail];
//! ```
//!
//! [`ConcurrencyLayer`] applies the policy to any axum router:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::concurrency::ConcurrencyLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let limit = ConcurrencyLayer::new(1);
//! let app: Router = Router::new().route("/", get(std::future::pending::<()>)).layer(limit.clone());
//! let mut first = Box::pin(app.clone().oneshot(Request::new(Body::empty())));
//! assert!(futures_util::FutureExt::now_or_never(&mut first).is_none());
//! assert_eq!(app.oneshot(Request::new(Body::empty())).await.unwrap().status(), 503);
//! drop(first);
//! assert_eq!(limit.in_flight(), 0);
//! # }
//! ```

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Request, StatusCode, header};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

pub use crate::observe::RunningPermit;
use crate::{
    base::pass_or_answer::PassOrAnswer,
    observe::{Event, Failure, Observer, Report, make_room},
    problem::Problem,
};

/// Counts the requests that a handler is running.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    limit: u32,
    in_flight: AtomicU32,
    rejected: AtomicU64,
}

/// A permit for one request of the handler. It is released when it is dropped.
#[derive(Debug)]
pub(crate) struct ConcurrencyPermit(Arc<ConcurrencyLimit>);

impl ConcurrencyLimit {
    fn new(limit: u32) -> Self {
        Self { limit, in_flight: AtomicU32::new(0), rejected: AtomicU64::new(0) }
    }

    fn try_acquire(self: &Arc<Self>) -> Option<ConcurrencyPermit> {
        // The count guards no other memory, so relaxed ordering is enough. A request beyond the limit is never counted,
        // since two that arrive at the same moment would then reject each other.
        let more = |count| (count < self.limit).then_some(count + 1);
        if self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
            return Some(ConcurrencyPermit(Arc::clone(self)));
        }
        self.rejected.fetch_add(1, Ordering::Relaxed);
        None
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }
}

impl Drop for ConcurrencyPermit {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RunningPermit {
    /// Releases a permit with the response, which may be long before the future that made it is dropped.
    pub(crate) fn release_if_ready<T>(permit: &mut Option<Self>, polled: &Poll<T>) {
        if polled.is_ready() {
            *permit = None;
        }
    }
}

impl ConcurrencyPermit {
    /// Shares the permit with everything that may outlive `request`: inner policies, the route's layer, and tasks of
    /// the handler.
    pub(crate) fn share<B>(self, request: &mut Request<B>) -> RunningPermit {
        // A permit of a limit further out is held for as long.
        let outer = RunningPermit::of(request.extensions());
        let permit = match outer {
            Some(outer) => RunningPermit::new((outer, self)),
            None => RunningPermit::new(self),
        };
        make_room(request.extensions_mut());
        request.extensions_mut().insert(permit.clone());
        permit
    }
}

/// Answers 503 beyond a number of requests at a time. See the [module docs](crate::concurrency).
///
/// A clone shares its count with the original, so that one limit can cover several services.
#[derive(Debug, Clone)]
pub struct ConcurrencyLayer {
    limit: Arc<ConcurrencyLimit>,
    report: Report,
}

impl ConcurrencyLayer {
    /// Creates a layer that allows at most `limit` requests at a time; with 0, none.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self { limit: Arc::new(ConcurrencyLimit::new(limit)), report: Report::default() }
    }

    /// Sets the observer of requests beyond the limit. Defaults to none.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }

    /// Returns the number of requests that are running.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.limit.in_flight()
    }

    /// Returns the number of requests that were rejected so far.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.limit.rejected()
    }

    pub(crate) fn limit(&self) -> &Arc<ConcurrencyLimit> {
        &self.limit
    }

    /// Returns a permit for one request, or the rejection.
    pub(crate) fn admit(&self) -> Result<ConcurrencyPermit, Box<Response>> {
        self.limit.try_acquire().ok_or_else(|| {
            self.report.event(Event::ConcurrencyExceeded);
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE)
                .with_detail("too many requests of this kind are in progress; try again in a moment")
                .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"));
            let mut response = problem.into_response();
            response.extensions_mut().insert(Failure::Concurrency);
            Box::new(response)
        })
    }
}

impl<S> Layer<S> for ConcurrencyLayer {
    type Service = Concurrency<S>;

    fn layer(&self, inner: S) -> Concurrency<S> {
        Concurrency { inner, layer: self.clone() }
    }
}

/// The service of [`ConcurrencyLayer`].
#[derive(Debug, Clone)]
pub struct Concurrency<S> {
    inner: S,
    layer: ConcurrencyLayer,
}

accessors!(Concurrency);

pin_project! {
    struct HoldingPermit<F> {
        #[pin]
        inner: F,
        permit: Option<RunningPermit>,
    }
}

impl<F: Future> Future for HoldingPermit<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this.inner.poll(cx);
        RunningPermit::release_if_ready(this.permit, &polled);
        polled
    }
}

opaque_future! {
    /// The future of [`Concurrency`].
    pub struct ConcurrencyFuture<F>(PassOrAnswer<HoldingPermit<F>>);
}

impl<S, B> Service<Request<B>> for Concurrency<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = ConcurrencyFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        ConcurrencyFuture::new(match self.layer.admit() {
            Ok(permit) => {
                let permit = Some(permit.share(&mut request));
                PassOrAnswer::pass(HoldingPermit { inner: self.inner.call(request), permit })
            }
            Err(refusal) => PassOrAnswer::answer(refusal),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn permits_of_many_threads_never_exceed_the_limit() {
        let limit = Arc::new(ConcurrencyLimit::new(3));
        let most = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        if let Some(_permit) = limit.try_acquire() {
                            most.fetch_max(limit.in_flight(), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
        assert_eq!(limit.in_flight(), 0);
    }

    #[test]
    fn permit_of_a_handler_that_outlives_its_request_is_released_when_the_handler_ends() {
        let layer = ConcurrencyLayer::new(1);
        let mut request = Request::new(());
        let held = layer.admit().unwrap().share(&mut request);
        let running = request.extensions_mut().remove::<RunningPermit>().unwrap();
        drop(held);
        assert_eq!(layer.in_flight(), 1);
        drop(running);
        assert_eq!(layer.in_flight(), 0);
    }
}
