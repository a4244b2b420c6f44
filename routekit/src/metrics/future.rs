use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::response::Response;
use http::{Method, StatusCode};
use metrics::Gauge;
use pin_project_lite::pin_project;

use super::RouteMetrics;
use crate::clock::Clock;

pin_project! {
    /// The future of [`Metrics`](super::Metrics).
    #[derive(Debug)]
    pub struct MetricsFuture<F> {
        #[pin]
        pub(super) inner: F,
        pub(super) sample: Sample,
    }
}

impl<F, E> Future for MetricsFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        this.sample.finish(response.status());
        Poll::Ready(Ok(response))
    }
}

/// A request under way; dropping it, finished or not, ends its being active.
pub(super) struct Sample {
    metrics: Arc<RouteMetrics>,
    method: Method,
    active: Gauge,
    clock: Clock,
    start: Instant,
}

impl Sample {
    pub(super) fn start(metrics: Arc<RouteMetrics>, method: &Method, clock: Clock) -> Self {
        let active = metrics.method(method).active.clone();
        active.increment(1.0);
        let start = clock.now();
        Self { metrics, method: method.clone(), active, clock, start }
    }

    fn finish(&self, status: StatusCode) {
        let duration = self.clock.now() - self.start;
        self.metrics.duration(self.metrics.method(&self.method), status).record(duration.as_secs_f64());
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        self.active.decrement(1.0);
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("metrics", &self.metrics).field("method", &self.method).finish_non_exhaustive()
    }
}
