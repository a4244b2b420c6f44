//! Lifetimes of entries.

use std::time::{Duration, Instant};

/// Lifetimes are limited to this, so that they can be added to an [`Instant`].
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The time `by` after `time`, at most a century later.
pub(super) fn later(time: Instant, by: Duration) -> Instant {
    time + by.min(CENTURY)
}

/// Shortens lifetimes at random, so that entries that were stored together do not become stale together.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Jitter {
    share: f64,
}

impl Jitter {
    /// Shortens by up to `share`, which is between 0 and 1.
    pub(in crate::cache) fn new(share: f64) -> Self {
        Self { share }
    }

    pub(in crate::cache) fn shorten(self, lifetime: Duration) -> Duration {
        lifetime.min(CENTURY).mul_f64(1.0 - self.share * fastrand::f64())
    }
}
