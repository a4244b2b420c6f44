//! A fill that outlives its client.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::response::Response;
use tracing::{Instrument, Span};

use super::Cache;

/// A fill that others may wait for. Dropped before its end, because whoever led it has left, it goes on elsewhere.
pub(super) struct Detachable<E: Send + 'static> {
    run: Option<Run<E>>,
    cache: Cache,
    span: Span,
}

type Run<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

impl<E: Send + 'static> Detachable<E> {
    pub(super) fn new(run: impl Future<Output = Result<Response, E>> + Send + 'static, cache: Cache) -> Self {
        Self { run: Some(Box::pin(run)), cache, span: Span::current() }
    }
}

impl<E: Send + 'static> Future for Detachable<E> {
    type Output = Result<Response, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let run = self.run.as_mut().expect("a future is not polled once it has ended");
        let answer = ready!(run.as_mut().poll(cx));
        self.run = None;
        Poll::Ready(answer)
    }
}

impl<E: Send + 'static> Drop for Detachable<E> {
    fn drop(&mut self) {
        // One that panicked has ended.
        if let Some(run) = self.run.take().filter(|_| !std::thread::panicking()) {
            self.cache.go_on(run.instrument(self.span.clone()));
        }
    }
}
