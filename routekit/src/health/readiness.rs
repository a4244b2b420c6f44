//! Readiness, and the holds that turn it red.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// Whether the app can take requests. It is red while a [`Hold`] exists, else green. Clones share their state.
///
/// Every app provides its own: handlers take a `Dep<Readiness>`, and the program gets it from
/// [`App::readiness`](crate::App::readiness).
///
/// ```
/// use routekit::health::Readiness;
///
/// let readiness = Readiness::new();
/// let hold = readiness.hold("loading the price list");
/// assert!(!readiness.is_ready());
/// drop(hold);
/// assert!(readiness.is_ready());
/// ```
#[derive(Clone, Default)]
pub struct Readiness(Arc<ReadinessState>);

#[derive(Default)]
struct ReadinessState {
    holds: Mutex<Holds>,
    /// Notified whenever it becomes green.
    released: Notify,
}

#[derive(Default)]
struct Holds {
    next: u64,
    reasons: BTreeMap<u64, Cow<'static, str>>,
}

impl Readiness {
    /// Creates a readiness that is green.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Holds the readiness red until the returned guard is dropped. The reason is logged.
    #[must_use = "it is released when this is dropped: keep it in a variable, as `let hold = …` and not `let _ = …`"]
    pub fn hold(&self, reason: impl Into<Cow<'static, str>>) -> Hold {
        let reason = reason.into();
        tracing::info!(%reason, "not ready");
        let mut holds = self.holds();
        let id = holds.next;
        holds.next += 1;
        holds.reasons.insert(id, reason);
        drop(holds);
        Hold { readiness: self.clone(), id }
    }

    /// Returns whether it is green.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.holds().reasons.is_empty()
    }

    /// Returns the reasons why it is red, oldest first; empty if it is green.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        self.holds().reasons.values().map(|reason| reason.clone().into_owned()).collect()
    }

    /// Waits until it is green.
    pub(super) async fn until_green(&self) {
        loop {
            // Before the look at it, so that no release in between is missed.
            let released = self.0.released.notified();
            if self.is_ready() {
                return;
            }
            released.await;
        }
    }

    fn holds(&self) -> MutexGuard<'_, Holds> {
        // Code under the lock cannot panic in the middle of a change.
        self.0.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Readiness").field(&self.reasons()).finish()
    }
}

/// Holds a [`Readiness`] red until it is dropped.
#[derive(Debug)]
pub struct Hold {
    readiness: Readiness,
    id: u64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut holds = self.readiness.holds();
        let released = holds.reasons.remove(&self.id);
        let ready = holds.reasons.is_empty();
        drop(holds);
        if ready {
            self.readiness.0.released.notify_waiters();
        }
        if let Some(reason) = released {
            tracing::info!(%reason, ready, "released");
        }
    }
}
