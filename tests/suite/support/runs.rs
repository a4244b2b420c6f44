//! How often something ran.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A shared counter of runs of a handler or fill. What answers with its number tells a new response from a stored one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs(Arc<AtomicUsize>);

impl Runs {
    /// Counts a run and returns its number, from 1.
    pub(crate) fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn set(&self, count: usize) {
        self.0.store(count, Ordering::SeqCst);
    }
}
