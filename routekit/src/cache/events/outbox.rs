//! The invalidations that still wait for a listener.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{event::Invalidated, listener::Listener};
use crate::{
    cache::{Invalidation, validity::target::Target},
    deadline,
};

/// The number of distinct targets that may wait for one listener. If there are more, it is told that everything is
/// invalid.
const MAX_WAITING: usize = 1024;

/// How long one call of a listener may take. A call that hangs must not hold up all later invalidations.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The invalidations that still wait for one listener.
///
/// While the listener is being called, further invalidations wait in order. Targets that already wait are not added
/// again. Then the listener is called with all of them at once, as one event for each partition. So the memory is
/// bounded by the number of distinct targets, and the slower a listener is, the more each of its calls covers.
#[derive(Debug)]
pub(super) struct Outbox {
    listener: Listener,
    state: Mutex<OutboxState>,
    /// The number of the last batch that the listener has received.
    delivered: watch::Sender<u64>,
}

#[derive(Debug)]
struct OutboxState {
    waiting: Waiting,
    /// The number of the waiting batch, counted from 1.
    batch: u64,
    /// Whether a delivery exists, which will take the waiting batch.
    has_delivery: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    targets: Vec<Target>,
    known: HashSet<Target>,
    everything: bool,
}

/// A place in the outbox: the number of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(u64);

impl Outbox {
    pub(super) fn new(listener: Listener) -> Arc<Self> {
        let state = OutboxState { waiting: Waiting::default(), batch: 1, has_delivery: false };
        Arc::new(Self { listener, state: Mutex::new(state), delivered: watch::Sender::new(0) })
    }

    pub(super) fn listener(&self) -> &Listener {
        &self.listener
    }

    /// Adds an invalidation. Returns its place, and a delivery that the caller must run if there is none yet.
    pub(super) fn add(self: &Arc<Self>, invalidated: &Invalidated) -> (Place, Option<Delivery>) {
        let mut state = self.state();
        state.waiting.add(invalidated);
        let starts = !std::mem::replace(&mut state.has_delivery, true);
        let delivery = || Delivery { outbox: Arc::clone(self), current: VecDeque::new(), has_ended: false };
        (Place(state.batch), starts.then(delivery))
    }

    /// Waits until the listener has received the invalidation at this place, or until its delivery was dropped.
    pub(super) async fn delivered(&self, place: Place) {
        // It fails only without a sender, and the outbox holds one.
        let _ = self.delivered.subscribe().wait_for(|delivered| *delivered >= place.0).await;
    }

    fn state(&self) -> MutexGuard<'_, OutboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, invalidated: &Invalidated) {
        match invalidated {
            Invalidated::Everything => self.everything = true,
            Invalidated::Targets(_) if self.everything => {}
            Invalidated::Targets(targets) => {
                // One invalidation with many targets is passed on as it is.
                let was_empty = self.targets.is_empty();
                for target in targets {
                    if self.known.insert(target.clone()) {
                        self.targets.push(target.clone());
                    }
                }
                if !was_empty && self.targets.len() > MAX_WAITING {
                    tracing::warn!(
                        "more than {MAX_WAITING} targets wait for an `on_invalidate` listener, whose next event is \
                         everything"
                    );
                    self.everything = true;
                }
            }
        }
        if self.everything {
            (self.targets, self.known) = (Vec::new(), HashSet::new());
        }
    }

    fn into_events(self) -> VecDeque<Invalidation> {
        if self.everything { Invalidated::Everything } else { Invalidated::Targets(self.targets) }.events().into()
    }
}

/// Calls a listener until nothing waits for it. If it is dropped before its end, it logs what the listener has not
/// received.
#[derive(Debug)]
pub(super) struct Delivery {
    outbox: Arc<Outbox>,
    /// The events of the batch that is being delivered. The first is removed once the listener has returned.
    current: VecDeque<Invalidation>,
    /// Whether nothing was left to deliver. From then on another delivery may exist.
    has_ended: bool,
}

impl Delivery {
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.take() {
            while let Some(event) = self.current.front() {
                match deadline::within(CALL_LIMIT, self.outbox.listener.call(event.clone())).await {
                    Some(true) => {}
                    Some(false) => log_undelivered(event, "it panicked"),
                    None => log_undelivered(event, "it took longer than 30 seconds"),
                }
                self.current.pop_front();
            }
            self.outbox.delivered.send_replace(batch);
        }
    }

    /// Takes the waiting batch. `None` ends the delivery.
    fn take(&mut self) -> Option<u64> {
        let mut state = self.outbox.state();
        let waiting = std::mem::take(&mut state.waiting);
        self.current = waiting.into_events();
        if self.current.is_empty() {
            state.has_delivery = false;
            self.has_ended = true;
            return None;
        }
        state.batch += 1;
        Some(state.batch - 1)
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut lost = std::mem::take(&mut self.current);
        let batch = {
            let mut state = self.outbox.state();
            lost.extend(std::mem::take(&mut state.waiting).into_events());
            state.has_delivery = false;
            state.batch += 1;
            state.batch - 1
        };
        // Another delivery may have ended a later batch meanwhile.
        self.outbox.delivered.send_modify(|delivered| *delivered = batch.max(*delivered));
        for event in &lost {
            log_undelivered(event, "it was dropped");
        }
    }
}

/// Logs an invalidation that a listener has not received.
pub(super) fn log_undelivered(event: &Invalidation, why: &str) {
    tracing::error!(why, what = %event, "an `on_invalidate` listener did not complete; purge its copies by hand");
}
