//! The listeners of a cache.

use std::{
    collections::VecDeque,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tracing::{Instrument, Span};

use super::{
    event::Invalidated,
    listener::Listener,
    outbox::{Outbox, Place, log_undelivered},
};
use crate::{base::spawner::Spawner, cache::Invalidation};

/// The listeners of a cache, each with its outbox.
#[derive(Debug)]
pub(in crate::cache) struct Listeners {
    /// Whether there are any. Every invalidation reads this, and nothing else if there are none.
    any: AtomicBool,
    all: RwLock<Vec<Arc<Outbox>>>,
}

/// The calls of a listener in the task of the caller that have not ended. They are logged when this is dropped.
struct CallsInPlace(VecDeque<Invalidation>);

impl Drop for CallsInPlace {
    fn drop(&mut self) {
        self.0.iter().for_each(|event| log_undelivered(event, "it was dropped"));
    }
}

/// The calls that the caller of an invalidation waits for, each with its limit.
pub(in crate::cache) struct AwaitedCalls(Vec<(Arc<Outbox>, Place, Duration)>);

impl AwaitedCalls {
    /// Returns once each call has ended or its limit has passed. All limits begin at once.
    pub(in crate::cache) async fn wait(self) {
        let limited = |(outbox, place, limit): (Arc<Outbox>, Place, Duration)| {
            (limit, tokio::time::timeout(limit, async move { outbox.delivered(place).await }))
        };
        let calls: Vec<_> = self.0.into_iter().map(limited).collect();
        for (limit, call) in calls {
            if call.await.is_err() {
                tracing::warn!(?limit, "an `on_invalidate_wait` listener takes longer than its limit");
            }
        }
    }
}

impl Listeners {
    pub(in crate::cache) fn new(listeners: Vec<Listener>) -> Self {
        let any = AtomicBool::new(!listeners.is_empty());
        Self { any, all: RwLock::new(listeners.into_iter().map(Outbox::new).collect()) }
    }

    pub(in crate::cache) fn add(&self, listener: Listener) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(Outbox::new(listener));
        self.any.store(true, Ordering::Release);
    }

    pub(in crate::cache) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    fn all(&self) -> Vec<Arc<Outbox>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds to every outbox, and starts a task for each that has none. Returns `None` if callers wait for no listener.
    pub(in crate::cache) fn start(&self, spawner: &Spawner, invalidated: &Invalidated) -> Option<AwaitedCalls> {
        if invalidated.is_empty() {
            return None;
        }
        let mut awaited = Vec::new();
        for outbox in self.all() {
            let (place, delivery) = outbox.add(invalidated);
            if let Some(delivery) = delivery {
                spawner.spawn(delivery.run().instrument(Span::current()));
            }
            if let Some(limit) = outbox.listener().wait() {
                awaited.push((outbox, place, limit));
            }
        }
        (!awaited.is_empty()).then_some(AwaitedCalls(awaited))
    }

    /// Calls every listener in turn, in the task of the caller, for a cache without a spawner.
    pub(in crate::cache) async fn tell(&self, invalidated: &Invalidated) {
        for outbox in self.all() {
            let mut calls = CallsInPlace(invalidated.events().into());
            while let Some(event) = calls.0.front() {
                if !outbox.listener().call(event.clone()).await {
                    log_undelivered(event, "it panicked");
                }
                calls.0.pop_front();
            }
        }
    }

    /// Logs the invalidation, for a cache without a spawner if no caller can wait.
    pub(in crate::cache) fn give_up(&self, invalidated: &Invalidated) {
        for event in invalidated.events() {
            log_undelivered(&event, "the cache has no spawner, and no task waits");
        }
    }
}
