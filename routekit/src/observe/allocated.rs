//! What handlers allocate. Everything is 0 without the feature `alloc-stats`.

#[cfg(feature = "alloc-stats")]
use std::sync::atomic::{AtomicU64, Ordering};

/// Memory that was allocated for a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allocated {
    /// The bytes, also if they are already freed.
    pub bytes: u64,
    /// The number of allocations.
    pub count: u64,
}

/// The sum over the polls of a handler.
#[derive(Debug, Default)]
pub(super) struct AllocatedTotal {
    #[cfg(feature = "alloc-stats")]
    bytes: AtomicU64,
    #[cfg(feature = "alloc-stats")]
    count: AtomicU64,
}

impl AllocatedTotal {
    #[cfg(feature = "alloc-stats")]
    pub(super) fn add(&self, more: routekit_alloc::Counts) {
        // One task polls a handler, and `get` is called after it or with what is there.
        self.bytes.fetch_add(more.bytes, Ordering::Relaxed);
        self.count.fetch_add(more.count, Ordering::Relaxed);
    }

    /// `None` if nothing was counted. A handler that runs allocates at least its future.
    #[cfg(feature = "alloc-stats")]
    pub(super) fn get(&self) -> Option<Allocated> {
        let (bytes, count) = (self.bytes.load(Ordering::Relaxed), self.count.load(Ordering::Relaxed));
        (count > 0).then_some(Allocated { bytes, count })
    }

    #[cfg(not(feature = "alloc-stats"))]
    #[expect(clippy::unused_self, reason = "with the feature, it has counts")]
    pub(super) const fn get(&self) -> Option<Allocated> {
        None
    }
}
