use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    sample::{Sample, WatchShared},
    watcher::Watcher,
};
use crate::{
    base::clock::Clock,
    observe::{RouteObservers, RouteState},
    shutdown::Shutdown,
};

/// Watches requests. See the [module docs](crate::watch).
#[derive(Clone)]
pub struct WatchLayer {
    unmatched: Arc<RouteState>,
    routes: Option<Arc<dyn RouteObservers>>,
    clock: Clock,
    shutdown: Shutdown,
    explains: bool,
}

impl WatchLayer {
    /// Creates a layer for a plain axum router: each route gets its own state from `routes`, by the template that axum
    /// matched.
    #[must_use]
    pub fn per_route(routes: impl RouteObservers + 'static) -> Self {
        let routes: Arc<dyn RouteObservers> = Arc::new(routes);
        let unmatched = routes.unmatched();
        Self { unmatched, routes: Some(routes), clock: Clock::system(), shutdown: Shutdown::new(), explains: false }
    }

    /// Creates a layer for a router whose routes each have a [`RouteLabelLayer`](super::RouteLabelLayer). `unmatched`
    /// observes the requests that reach none of them.
    #[must_use]
    pub fn around(unmatched: Arc<RouteState>) -> Self {
        Self { unmatched, routes: None, clock: Clock::system(), shutdown: Shutdown::new(), explains: false }
    }

    /// Sets the clock that measures time. Defaults to the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Reports requests that this shutdown cuts off.
    pub(crate) fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// Traces requests, so that they can be explained. Defaults to `false`.
    pub(crate) fn explains(mut self, explains: bool) -> Self {
        self.explains = explains;
        self
    }

    pub(crate) fn watcher(&self) -> Watcher {
        let shared = WatchShared {
            unmatched: Arc::clone(&self.unmatched),
            clock: self.clock.clone(),
            shutdown: self.shutdown.clone(),
            explains: self.explains,
        };
        Watcher::new(shared, self.routes.clone())
    }
}

impl<S> Layer<S> for WatchLayer {
    type Service = Watch<S>;

    fn layer(&self, inner: S) -> Watch<S> {
        Watch { inner, watcher: self.watcher() }
    }
}

impl fmt::Debug for WatchLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchLayer").finish_non_exhaustive()
    }
}

/// The service of [`WatchLayer`].
#[derive(Debug, Clone)]
pub struct Watch<S> {
    inner: S,
    watcher: Watcher,
}

accessors!(Watch);

impl<S> Service<Request> for Watch<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = WatchFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let sample = self.watcher.begin(&mut request);
        WatchFuture { inner: self.inner.call(request), sample }
    }
}

pin_project! {
    /// The future of [`Watch`].
    pub struct WatchFuture<F> {
        #[pin]
        inner: F,
        // `None` if an outer layer watches the request.
        sample: Option<Sample>,
    }
}

impl<F, E> Future for WatchFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Changed in place, because moving a response is expensive.
        let mut polled = this.inner.poll(cx);
        if let Some(sample) = this.sample {
            sample.observe(&mut polled);
        }
        polled
    }
}

impl<F> fmt::Debug for WatchFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchFuture").field("sample", &self.sample).finish_non_exhaustive()
    }
}
