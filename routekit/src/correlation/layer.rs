use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::correlated::{Correlated, Traffic};
use crate::{base::clock::Clock, observe::Exchange};

/// Assigns an id to every request, and adds it to problems. See the [module docs](crate::correlation).
#[derive(Debug, Clone, Default)]
pub struct CorrelationLayer {
    clock: Clock,
}

impl CorrelationLayer {
    /// Creates a layer with the system's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self { clock: Clock::system() }
    }

    /// Sets the clock of new ids. Defaults to the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = Correlation<S>;

    fn layer(&self, inner: S) -> Correlation<S> {
        Correlation { inner, clock: self.clock.clone() }
    }
}

/// The service of [`CorrelationLayer`].
#[derive(Debug, Clone)]
pub struct Correlation<S> {
    inner: S,
    clock: Clock,
}

accessors!(Correlation);

impl<S, B> Service<Request<B>> for Correlation<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = CorrelationFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let exchange = request.extensions().get::<Exchange>().cloned();
        let correlated = Correlated::begin(&mut request, exchange.as_ref(), (&self.clock, None, Traffic::Clients));
        let inner = {
            let _entered = correlated.enter();
            self.inner.call(request)
        };
        CorrelationFuture { inner, correlated }
    }
}

pin_project! {
    /// The future of [`Correlation`].
    #[derive(Debug)]
    pub struct CorrelationFuture<F> {
        #[pin]
        inner: F,
        correlated: Correlated,
    }
}

impl<F, E> Future for CorrelationFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.correlated.poll(|| this.inner.poll(cx))
    }
}
