//! The time that one request waits for Redis, whichever of its policies does.

use std::sync::{Arc, atomic::AtomicU64};
#[cfg(feature = "redis")]
use std::{sync::atomic::Ordering, time::Duration};

use http::Extensions;

/// How long a request has waited for answers of Redis, in nanoseconds. Clones count together. Each policy that waits
/// gives up once all of them together have waited for the budget.
#[derive(Debug, Clone)]
pub(crate) struct RedisWaits(
    #[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "only waits for Redis are counted"))]
    Option<Arc<AtomicU64>>,
);

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

    /// How long the request has waited.
    #[cfg(feature = "redis")]
    pub(crate) fn total(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |nanos| Duration::from_nanos(nanos.load(Ordering::Relaxed)))
    }

    /// Counts a wait.
    #[cfg(feature = "redis")]
    pub(crate) fn add(&self, waited: Duration) {
        if let Some(nanos) = &self.0 {
            nanos.fetch_add(u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}
