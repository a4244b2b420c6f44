//! Reads the statistics of routes.

use std::time::Duration;

use super::tick::tick;
use crate::performance::Metrics;

/// The length of the shortest slots of the histories.
const INTERVAL: Duration = Duration::from_secs(5);

/// Adds to the histories of all routes, for ever.
pub(in crate::app) async fn read(metrics: Metrics) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        tick("statistics", metrics.tick()).await;
    }
}
