//! The policies around the router.

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

use super::edge::{Edge, EdgeOfRequest};
use crate::{
    base::clock::Clock,
    catch_panic::{GuardedCall, PanicGuard},
    correlation::{Correlated, Traffic},
    observe::{ActiveRequest, Exchange, KnowsRequest, RouteState, make_room},
    problem::ProblemFormat,
    sensitive_headers::SensitiveHeadersLayer,
    shutdown::Shutdown,
    watch::{Sample, WatchLayer, Watcher},
};

/// Panics around the router belong to no route that could be told.
static PANICS: PanicGuard = PanicGuard::unreported();

/// Adds the policies around a router. A clone is one reference count.
#[derive(Clone)]
pub(crate) struct AroundRouterLayer(Arc<RouterSetup>);

struct RouterSetup {
    sensitive_headers: SensitiveHeadersLayer,
    watch: Option<Watcher>,
    clock: Clock,
    problems: Option<ProblemFormat>,
    edge: Edge,
}

/// A router with the policies around it, one service in place of one for each policy: the future of each would be moved
/// into the next.
#[derive(Clone)]
pub(crate) struct AroundRouter<S> {
    inner: S,
    setup: Arc<RouterSetup>,
}

impl AroundRouterLayer {
    /// Around the router of an app. Requests that match no route are reported to `unmatched`. Problems are written in
    /// the format of the app, if it has one. If the app `explains` requests, they are traced.
    pub(crate) fn app(
        sensitive_headers: SensitiveHeadersLayer,
        unmatched: Arc<RouteState>,
        clock: Clock,
        problems: Option<ProblemFormat>,
        (shutdown, explains): (Shutdown, bool),
        edge: Edge,
    ) -> Self {
        let watch = WatchLayer::around(unmatched).clock(clock.clone()).shutdown(shutdown).explains(explains).watcher();
        Self(Arc::new(RouterSetup { sensitive_headers, watch: Some(watch), clock, problems, edge }))
    }

    /// Around the admin surface, whose requests are not the app's traffic.
    pub(crate) fn admin(sensitive_headers: SensitiveHeadersLayer, clock: Clock, edge: Edge) -> Self {
        Self(Arc::new(RouterSetup { sensitive_headers, watch: None, clock, problems: None, edge }))
    }
}

impl<S> Layer<S> for AroundRouterLayer {
    type Service = AroundRouter<S>;

    fn layer(&self, inner: S) -> AroundRouter<S> {
        AroundRouter { inner, setup: Arc::clone(&self.0) }
    }
}

impl<S> Service<Request> for AroundRouter<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = AroundRouterFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let RouterSetup { sensitive_headers, watch, clock, problems, edge } = &*self.setup;
        // The admin surface and the warm-up are not watched, and not traced.
        let traffic = if watch.is_some() { Traffic::Clients } else { Traffic::Internal };
        let writing = (clock, problems.as_ref(), traffic);
        // For everything further in that prints headers.
        sensitive_headers.mark(request.headers_mut());
        // For the extractor of the client's address, also in hand-written routers.
        if let Some(proxies) = &edge.proxies {
            make_room(request.extensions_mut());
            request.extensions_mut().insert(proxies.clone());
        }
        // Metrics and the access log learn of each request once, however it ends.
        let sample = watch.as_ref().and_then(|watch| watch.begin(&mut request));
        // Headers of the response, and its compression.
        let edge_state = edge.begin(&request);
        // An id and a span, and the last details of problems.
        let correlated = match &sample {
            Some(sample) => Correlated::begin(&mut request, Some(sample.exchange()), writing),
            None => {
                let outer = request.extensions().get::<Exchange>().cloned();
                Correlated::begin(&mut request, outer.as_ref(), writing)
            }
        };
        // A preflight matches no route, and a body that cannot be decompressed is read by none.
        let early = {
            let _entered = correlated.enter();
            edge.admit(&mut request).err().map(|(policy, response)| {
                if let Some(sample) = &sample {
                    sample.exchange().traced().answers(policy, "answered", response.status());
                }
                response
            })
        };
        // Panics of layers and of hand-written routes.
        // The call is made in the place that it stays in: it is large to move.
        let mut future = AroundRouterFuture {
            call: GuardedCall::new(),
            early,
            correlated,
            edge_state,
            sample,
            setup: Arc::clone(&self.setup),
        };
        if future.early.is_none() {
            let _entered = future.correlated.enter();
            future.call.start(request, |request| self.inner.call(request));
        }
        future
    }
}

pin_project! {
    /// The future of [`AroundRouter`].
    pub(crate) struct AroundRouterFuture<F> {
        #[pin]
        call: GuardedCall<F>,
        // In place of the call.
        early: Option<Box<Response>>,
        correlated: Correlated,
        edge_state: EdgeOfRequest,
        // `None` if the request is not watched, or watched further out.
        sample: Option<Sample>,
        setup: Arc<RouterSetup>,
    }
}

impl<F, E> Future for AroundRouterFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut polled = this.correlated.poll(|| match this.early.take() {
            Some(response) => Poll::Ready(Ok(*response)),
            None => this.call.poll(&PANICS, cx),
        });
        if let Poll::Ready(Ok(response)) = &mut polled {
            // Outside correlation, which writes problems, and outside the catch for panics.
            this.setup.edge.finish(this.edge_state, response);
        }
        if let Some(sample) = this.sample {
            sample.observe(&mut polled);
        }
        polled
    }
}

impl<F> KnowsRequest for AroundRouterFuture<F> {
    fn take_request(self: Pin<&mut Self>) -> Option<ActiveRequest> {
        self.project().sample.as_mut().and_then(Sample::take_active)
    }
}

impl<S> fmt::Debug for AroundRouter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AroundRouter").finish_non_exhaustive()
    }
}
