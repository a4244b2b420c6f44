use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::Request;
use tower_service::Service;

use super::{MetricsFuture, RouteMetrics, future::Sample};
use crate::clock::Clock;

/// The service of [`MetricsLayer`](super::MetricsLayer).
#[derive(Debug, Clone)]
pub struct Metrics<S> {
    pub(super) inner: S,
    pub(super) metrics: Arc<RouteMetrics>,
    pub(super) clock: Clock,
}

accessors!(Metrics);

impl<S, B> Service<Request<B>> for Metrics<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = MetricsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let sample = Sample::start(Arc::clone(&self.metrics), request.method(), self.clock.clone());
        MetricsFuture { inner: self.inner.call(request), sample }
    }
}
