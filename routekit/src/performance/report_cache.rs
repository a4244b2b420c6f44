//! The last report, for those who ask for the same one again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, MutexGuard};

use super::{report::PerformanceReport, time_range::TimeRange};

/// How long a report is kept.
const MAX_AGE: Duration = Duration::from_secs(5);

/// Keeps one report. Locked while a report is made, so that clients who ask for the same one wait for it.
#[derive(Default)]
pub(super) struct ReportCache(Mutex<Option<KeptReport>>);

/// A report, the window that was asked for, and when that was.
pub(super) struct KeptReport {
    pub(super) range: Option<TimeRange>,
    pub(super) made_at: Instant,
    pub(super) report: Arc<PerformanceReport>,
}

impl ReportCache {
    pub(super) async fn lock(&self) -> MutexGuard<'_, Option<KeptReport>> {
        self.0.lock().await
    }
}

impl KeptReport {
    /// Whether the report answers a request for this window.
    pub(super) fn serves(&self, range: Option<TimeRange>, now: Instant) -> bool {
        self.range == range && now.saturating_duration_since(self.made_at) < MAX_AGE
    }
}
