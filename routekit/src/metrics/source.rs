//! Sources of metrics with their own counters.

use std::{future::Future, pin::Pin};

/// Copies its counts into metrics before they are rendered.
pub(crate) trait MetricSource: Send + Sync {
    /// Copies the counts that are available at once. Returns `false` once the source has ended.
    fn update(&self) -> bool;

    /// Copies the counts that need an asynchronous call.
    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
