//! Fills outside a flight, which affect `Cache::set`.

use std::sync::atomic::Ordering;

use crate::cache::cache::Cache;

/// A fill that leads no flight. While one exists, [`Cache::set`] invalidates the value before it stores a new one,
/// since the fill may have read an older value that it stores later.
#[derive(Debug)]
pub(super) struct FillAlone(Cache);

impl FillAlone {
    /// Must be created before the stamp of the fill is read.
    pub(super) fn new(cache: &Cache) -> Self {
        cache.shared.fills_alone.fetch_add(1, Ordering::SeqCst);
        Self(cache.clone())
    }

    /// Whether there is one, for any key.
    pub(super) fn exists(cache: &Cache) -> bool {
        cache.shared.fills_alone.load(Ordering::SeqCst) > 0
    }
}

impl Drop for FillAlone {
    fn drop(&mut self) {
        self.0.shared.fills_alone.fetch_sub(1, Ordering::SeqCst);
    }
}
