//! Work in the background: refreshes, and fetches that outlive their clients.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::sync::Semaphore;
use tracing::{Instrument, Span};

use crate::base::spawner::Spawner;

/// The number of refreshes of one route that may run at a time, and of its fetches without a client.
const MAX_OF_ROUTE: usize = 128;

/// The number of fetches of all routes that may continue at a time without their clients.
const MAX_ABANDONED: usize = 1024;

/// The permits for fetches of all routes without their clients.
pub(in crate::cache) fn permits_of_all_routes() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_ABANDONED))
}

/// The background work of one route. It has separate permits, which clients of other routes cannot use up. Refreshes
/// have separate permits too, which clients that connect and disconnect cannot use up.
#[derive(Debug, Clone)]
pub(in crate::cache) struct BackgroundShare {
    /// Runs refreshes of stale responses.
    pub(in crate::cache) refreshes: Detacher,
    /// Runs fetches whose clients have disconnected.
    pub(in crate::cache) abandoned: Detacher,
}

impl BackgroundShare {
    /// `all` are the permits that all routes share.
    pub(in crate::cache) fn new(spawner: Option<&Spawner>, all: &Arc<Semaphore>) -> Self {
        let detacher = |permits| Detacher { spawner: spawner.cloned(), permits };
        let of_route = || Arc::new(Semaphore::new(MAX_OF_ROUTE));
        Self { refreshes: detacher(vec![of_route()]), abandoned: detacher(vec![of_route(), Arc::clone(all)]) }
    }
}

/// Runs work without a client, if there is a permit for it. Clones share the permits.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Detacher {
    spawner: Option<Spawner>,
    permits: Vec<Arc<Semaphore>>,
}

impl Detacher {
    /// Starts `work` on its own task. Returns `false`, and drops the work, without a spawner or a permit.
    pub(in crate::cache) fn run(&self, work: impl Future + Send + 'static) -> bool {
        let Some(spawner) = &self.spawner else { return false };
        let permits = self.permits.iter().map(|permits| Arc::clone(permits).try_acquire_owned());
        let Ok(permits) = permits.collect::<Result<Vec<_>, _>>() else { return false };
        spawner.spawn_repeatable(async move {
            let _permits = permits;
            work.await;
        });
        true
    }
}

/// A fetch that other requests may wait for. If it is dropped before its end, because its client has disconnected, it
/// is detached.
pub(in crate::cache) struct Detachable<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    detacher: Detacher,
    span: Span,
}

impl<T: Send + 'static> Detachable<T> {
    pub(in crate::cache) fn new(work: Pin<Box<dyn Future<Output = T> + Send>>, detacher: &Detacher) -> Self {
        Self { work: Some(work), detacher: detacher.clone(), span: Span::current() }
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
