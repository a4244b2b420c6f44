//! A fill that outlives its client.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tracing::{Instrument, Span};

use crate::cache::Cache;

/// A fill that others may wait for. Dropped before its end, because whoever led it has left, it goes on elsewhere.
pub(in crate::cache) struct Detachable<T: Send + 'static> {
    run: Option<Run<T>>,
    cache: Cache,
    span: Span,
}

type Run<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T: Send + 'static> Detachable<T> {
    pub(in crate::cache) fn new(run: impl Future<Output = T> + Send + 'static, cache: Cache) -> Self {
        Self { run: Some(Box::pin(run)), cache, span: Span::current() }
    }
}

impl<T: Send + 'static> Future for Detachable<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let run = self.run.as_mut().expect("a future is not polled once it has ended");
        let answer = ready!(run.as_mut().poll(cx));
        self.run = None;
        Poll::Ready(answer)
    }
}

impl<T: Send + 'static> Drop for Detachable<T> {
    fn drop(&mut self) {
        // One that panicked has ended.
        if let Some(run) = self.run.take().filter(|_| !std::thread::panicking()) {
            self.cache.go_on(run.instrument(self.span.clone()));
        }
    }
}
