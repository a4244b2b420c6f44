//! The settings of the rules, without those of single routes.

use std::time::Duration;

/// Thresholds of the whole process. A rule whose threshold is `None` is off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlertSettings {
    /// The requests that a route needs in the window before an alert of it is raised.
    pub(crate) min_samples: u64,
    pub(crate) cpu_percent: Option<u8>,
    pub(crate) memory_percent: Option<u8>,
    /// In bytes.
    pub(crate) memory_growth: Option<u64>,
    pub(crate) scheduling_delay: Option<Duration>,
    pub(crate) remind_after: Option<Duration>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            min_samples: 20,
            cpu_percent: Some(80),
            memory_percent: Some(80),
            memory_growth: Some(100 << 20),
            scheduling_delay: Some(Duration::from_millis(100)),
            remind_after: Some(Duration::from_secs(3600)),
        }
    }
}
