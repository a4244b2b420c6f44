//! A check of the free space of a file system.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Semaphore;

use crate::health::{
    check::HealthCheck,
    result::{HealthCheckResult, HealthStatus},
};

/// Less free space than this, in percent, is degraded.
const LOW: f64 = 10.0;
/// Less free space than this, in percent, is unhealthy.
const CRITICAL: f64 = 5.0;

impl HealthCheck {
    /// Creates a critical check of the file system that holds `path`. It is degraded with less than 10 % of free space,
    /// and unhealthy with less than 5 %, or if the space cannot be read.
    ///
    /// The space is what the program may use: file systems keep a reserve for the superuser. `details` has
    /// `freeBytes`, `totalBytes` and `freePercent`.
    pub fn disk(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let path: Arc<Path> = path.into().into();
        let reader = Arc::new(Semaphore::new(1));
        let check = async move || {
            // A network file system may block its reader for hours. There is one at most.
            let Ok(permit) = reader.try_acquire_owned() else {
                return HealthCheckResult::unhealthy("the file system does not answer");
            };
            let read = tokio::task::spawn_blocking(move || {
                let stats = fs4::statvfs(&path);
                drop(permit);
                stats.map_err(|error| format!("cannot read the free space of {}: {error}", path.display()))
            });
            match read.await {
                Ok(Ok(stats)) => assess(stats.available_space(), stats.total_space()),
                Ok(Err(message)) => HealthCheckResult::unhealthy(message),
                Err(error) => HealthCheckResult::unhealthy(error.to_string()),
            }
        };
        Self::new(name, check).critical(true)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no 53 bits")]
fn assess(free: u64, total: u64) -> HealthCheckResult {
    // Some virtual file systems have no size.
    let percent = if total == 0 { 100.0 } else { free as f64 * 100.0 / total as f64 };
    let status = match percent {
        percent if percent < CRITICAL => HealthStatus::Unhealthy,
        percent if percent < LOW => HealthStatus::Degraded,
        _ => HealthStatus::Healthy,
    };
    let result = match status {
        HealthStatus::Healthy => HealthCheckResult::healthy(),
        HealthStatus::Degraded => HealthCheckResult::degraded(format!("{percent:.1} % of the space is free")),
        HealthStatus::Unhealthy => HealthCheckResult::unhealthy(format!("{percent:.1} % of the space is free")),
    };
    result.with_detail("freeBytes", free).with_detail("totalBytes", total).with_detail("freePercent", percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_decides_the_status() {
        for (free, total, expected) in [
            (100, 1_000, HealthStatus::Healthy),
            (99, 1_000, HealthStatus::Degraded),
            (50, 1_000, HealthStatus::Degraded),
            (49, 1_000, HealthStatus::Unhealthy),
            (0, 1_000, HealthStatus::Unhealthy),
            (0, 0, HealthStatus::Healthy),
        ] {
            assert_eq!(assess(free, total).status, expected, "{free} of {total}");
        }
    }
}
