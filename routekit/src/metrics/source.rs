//! Metrics that are counted elsewhere.

use std::{future::Future, pin::Pin};

/// Copies counts into metrics before they are rendered.
pub(crate) trait MetricSource: Send + Sync {
    /// Copies the counts that are available at once. Returns `false` once there will be no more.
    fn update(&self) -> bool;

    /// Copies the counts that have to be awaited.
    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
