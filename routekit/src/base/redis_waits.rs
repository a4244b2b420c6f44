//! The time that one request waits for Redis, whichever of its policies does.

#[cfg(feature = "redis")]
use std::sync::atomic::{AtomicU64, Ordering};
use std::{sync::Arc, time::Duration};

use http::Extensions;
use parking_lot::Mutex;

/// How long a request has waited for answers of each server. Clones count together. A policy gives up once all of them
/// together have waited for the budget of its server.
#[derive(Debug, Clone)]
pub(crate) struct RedisWaits(
    #[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "only waits for Redis are counted"))]
    Option<Arc<Mutex<Vec<ServerWaits>>>>,
);

/// How long a request has waited for one server.
#[derive(Debug)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "only waits for Redis are counted"))]
struct ServerWaits {
    link: LinkId,
    total: Duration,
}

/// Tells the server of a store from those of others. Clones of a store have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkId(u64);

#[cfg(feature = "redis")]
impl LinkId {
    /// That of no other link.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl RedisWaits {
    /// Those of the request with these extensions.
    pub(crate) fn of(extensions: &mut Extensions) -> Self {
        if let Some(waits) = extensions.get::<Self>() {
            return waits.clone();
        }
        let waits = Self::counted();
        extensions.insert(waits.clone());
        waits
    }

    /// Those of a call that belongs to no request.
    pub(crate) fn counted() -> Self {
        Self(Some(Arc::default()))
    }

    /// Without a sum: each wait may take the whole budget. For work that no client waits for, and for stores that do
    /// not count. Allocates nothing.
    pub(crate) const fn uncounted() -> Self {
        Self(None)
    }

    /// How long the request has waited for this server.
    #[cfg(feature = "redis")]
    pub(crate) fn total(&self, link: LinkId) -> Duration {
        let of = |waits: &Arc<Mutex<Vec<ServerWaits>>>| {
            waits.lock().iter().find(|waits| waits.link == link).map(|waits| waits.total)
        };
        self.0.as_ref().and_then(of).unwrap_or_default()
    }

    /// Counts a wait for this server.
    #[cfg(feature = "redis")]
    pub(crate) fn add(&self, link: LinkId, waited: Duration) {
        let Some(waits) = &self.0 else { return };
        let mut waits = waits.lock();
        match waits.iter_mut().find(|waits| waits.link == link) {
            Some(waits) => waits.total += waited,
            None => waits.push(ServerWaits { link, total: waited }),
        }
    }
}
