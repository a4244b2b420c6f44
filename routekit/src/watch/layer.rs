use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use http::{Method, StatusCode, header};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    body::{CountedBody, WatchedBody},
    route_label::LearntRoute,
    sample::{Sample, WatchShared},
};
use crate::{
    base::clock::Clock,
    observe::{Exchange, Failure, RouteObservers, RouteState},
};

/// Up to this length an announced `Content-Length` of a request is reported without counting the body.
const TRUSTED_BYTES: u64 = 64 * 1024;

/// Watches requests. See the [module docs](crate::watch).
#[derive(Clone)]
pub struct WatchLayer {
    unmatched: Arc<RouteState>,
    routes: Option<Arc<dyn RouteObservers>>,
    clock: Clock,
}

impl WatchLayer {
    /// For a plain axum router: each route gets a state of its own from `routes`, by the template that axum matched.
    #[must_use]
    pub fn per_route(routes: impl RouteObservers + 'static) -> Self {
        let routes: Arc<dyn RouteObservers> = Arc::new(routes);
        Self { unmatched: routes.unmatched(), routes: Some(routes), clock: Clock::system() }
    }

    /// Around a router whose routes each have a [`RouteLabelLayer`](super::RouteLabelLayer). `unmatched` observes the
    /// requests that reach none of them.
    #[must_use]
    pub fn around(unmatched: Arc<RouteState>) -> Self {
        Self { unmatched, routes: None, clock: Clock::system() }
    }

    /// Measures with this clock. Defaults to the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for WatchLayer {
    type Service = Watch<S>;

    fn layer(&self, inner: S) -> Watch<S> {
        let shared = WatchShared { unmatched: Arc::clone(&self.unmatched), clock: self.clock.clone() };
        Watch { inner, shared: Arc::new(shared), learnt: self.routes.clone().map(LearntRoute::new) }
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
    shared: Arc<WatchShared>,
    learnt: Option<LearntRoute>,
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
        // An app within an app, or a layer within one: the outermost watches, and routes report to it.
        let extensions = request.extensions();
        if !extensions.is_empty() && extensions.get::<Exchange>().is_some() {
            return WatchFuture { inner: self.inner.call(request), sample: None };
        }
        // A client may announce more than it ever sends, so a large body is counted while it is read.
        let length = request.body().size_hint().exact().filter(|length| *length <= TRUSTED_BYTES);
        let exchange = Exchange::new(request.method().clone(), self.shared.clock.now(), length);
        // Made before anything can panic.
        let sample = Sample::new(exchange.clone(), Arc::clone(&self.shared));
        if let Some(route) = self.learnt.as_ref().and_then(|learnt| learnt.route(&request)) {
            exchange.matched(&route);
        }
        if length.is_none() {
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(CountedBody::new(body, exchange.clone()));
        }
        exchange.travel(request.extensions_mut());
        WatchFuture { inner: self.inner.call(request), sample: Some(sample) }
    }
}

pin_project! {
    /// The future of [`Watch`].
    pub struct WatchFuture<F> {
        #[pin]
        inner: F,
        // `None` if a layer further out watches the request.
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
        // The response is changed in place: it is large to move.
        let mut polled = this.inner.poll(cx);
        let Some(sample) = this.sample else { return polled };
        if let Poll::Ready(Err(_)) = &polled {
            sample.end(Some(Failure::Service));
        }
        if let Poll::Ready(Ok(response)) = &mut polled {
            sample.status = Some(response.status());
            let failure = response.extensions().get().copied();
            match length(sample.method(), response) {
                Some(length) => {
                    sample.response_bytes = length;
                    sample.end(failure);
                }
                None => {
                    let body = std::mem::take(response.body_mut());
                    *response.body_mut() = Body::new(WatchedBody::new(body, sample.hand_on(), failure));
                }
            }
        }
        polled
    }
}

/// Bytes of the body that will be sent, if they are known.
fn length(method: &Method, response: &Response) -> Option<u64> {
    let status = response.status();
    // No body follows, even if the response has one (RFC 9110 §6.4.1, and §9.3.6 for a tunnel).
    if *method == Method::HEAD
        || (*method == Method::CONNECT && status.is_success())
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        return Some(0);
    }
    response.body().size_hint().exact().or_else(|| {
        if response.body().is_end_stream() {
            return Some(0);
        }
        // The server stops reading after the announced length, and never sees the end of the body.
        response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    })
}

impl<F> fmt::Debug for WatchFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchFuture").field("sample", &self.sample).finish_non_exhaustive()
    }
}
