//! A fetch that outlives its client.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::sync::Semaphore;
use tracing::{Instrument, Span};

use crate::base::spawner::Spawner;

/// Runs work that no client waits for, up to a limit at a time. A clone shares the limit.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Detacher {
    spawner: Option<Spawner>,
    permits: Arc<Semaphore>,
}

impl Detacher {
    /// At most `limit` pieces of work at a time.
    pub(in crate::cache) fn new(spawner: Option<Spawner>, limit: usize) -> Self {
        Self { spawner, permits: Arc::new(Semaphore::new(limit)) }
    }

    /// Starts `work` on a task of its own. Returns `false`, and drops it, without a spawner or beyond the limit.
    pub(in crate::cache) fn run(&self, work: impl Future + Send + 'static) -> bool {
        let Some(spawner) = &self.spawner else { return false };
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else { return false };
        spawner.spawn(async move {
            let _permit = permit;
            work.await;
        });
        true
    }
}

/// A fetch that other requests may wait for. Dropped before its end, because its client has left, it is detached.
pub(in crate::cache) struct Detachable<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    detacher: Detacher,
    span: Span,
}

impl<T: Send + 'static> Detachable<T> {
    pub(in crate::cache) fn new(work: impl Future<Output = T> + Send + 'static, detacher: &Detacher) -> Self {
        Self { work: Some(Box::pin(work)), detacher: detacher.clone(), span: Span::current() }
    }
}

impl<T: Send + 'static> Future for Detachable<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let work = self.work.as_mut().expect("a future is not polled after it has completed");
        let output = ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Detachable<T> {
    fn drop(&mut self) {
        // Work that panicked cannot be polled again.
        if let Some(work) = self.work.take().filter(|_| !std::thread::panicking()) {
            self.detacher.run(work.instrument(self.span.clone()));
        }
    }
}
