//! Reads the statistics of routes.

use std::time::Duration;

use crate::statistics::Statistics;

/// The length of the shortest slots of the histories.
const INTERVAL: Duration = Duration::from_secs(5);

/// Adds to the histories of all routes, for ever.
pub(in crate::app) async fn read(statistics: Statistics) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        statistics.tick();
    }
}
