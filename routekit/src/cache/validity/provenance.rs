//! The properties of an entry that decide whether it is still valid.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::cache::validity::{stamp::Stamp, tag::Tag};

/// The time when an entry was computed, and the tags by which it can be invalidated.
#[derive(Debug)]
pub(in crate::cache) struct Provenance {
    stamp: Stamp,
    tags: Box<[Tag]>,
    /// The reading of the logical clock when the entry was last found valid; 0 before that.
    proven: AtomicU64,
}

impl Provenance {
    /// Computed after `stamp`, without tags.
    pub(in crate::cache) fn new(stamp: Stamp) -> Self {
        Self { stamp, tags: Box::default(), proven: AtomicU64::new(0) }
    }

    pub(in crate::cache) fn with_tags(self, tags: impl Into<Box<[Tag]>>) -> Self {
        Self { tags: tags.into(), ..self }
    }

    pub(in crate::cache) fn stamp(&self) -> Stamp {
        self.stamp
    }

    pub(in crate::cache) fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Whether the entry was found valid at this reading of the clock.
    pub(super) fn is_proven_at(&self, clock: u64) -> bool {
        self.proven.load(Ordering::Relaxed) == clock
    }

    pub(super) fn prove(&self, clock: u64) {
        self.proven.store(clock, Ordering::Relaxed);
    }
}
