//! A handler that continues without its client, so that its response can be stored.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::response::Response;
use tracing::{Instrument, Span};

use super::settings::IdempotencySettings;
use crate::{cache::Cache, deadline::within};

type ClaimedRun<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

/// The handler of a request that has claimed a key. If it is dropped while it runs, it moves to the spawner of the
/// cache.
pub(super) struct DetachableRun<E: Send + 'static> {
    run: Option<ClaimedRun<E>>,
    cache: Cache,
    grace: Duration,
    span: Span,
}

impl<E: Send + 'static> DetachableRun<E> {
    pub(super) fn new(
        run: impl Future<Output = Result<Response, E>> + Send + 'static,
        settings: &IdempotencySettings,
    ) -> Self {
        let IdempotencySettings { cache, grace, .. } = settings;
        Self { run: Some(Box::pin(run)), cache: cache.clone(), grace: *grace, span: Span::current() }
    }
}

impl<E: Send + 'static> Future for DetachableRun<E> {
    type Output = Result<Response, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let run = self.run.as_mut().expect("a future is not polled after its end");
        let polled = run.as_mut().poll(cx);
        if polled.is_ready() {
            self.run = None;
        }
        polled
    }
}

impl<E: Send + 'static> Drop for DetachableRun<E> {
    fn drop(&mut self) {
        // A handler that panicked has ended.
        if std::thread::panicking() {
            return;
        }
        // Without a spawner, the handler ends with its client, and releases the claim.
        if let Some(run) = self.run.take()
            && let Some(hand_over) = self.cache.hand_over()
        {
            let grace = self.grace;
            let rest = async move {
                if within(grace, run).await.is_none() {
                    tracing::warn!(?grace, "a handler with an idempotency key whose client left is dropped");
                }
            };
            hand_over(Box::pin(rest.instrument(self.span.clone())));
        }
    }
}
