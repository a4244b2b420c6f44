//! Spans that do not reach the collector.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::base::clock::Clock;

/// The time between two lines of the log.
const PAUSE: Duration = Duration::from_secs(60);

/// Counts dropped spans, and logs them at most once a minute.
#[derive(Debug)]
pub(super) struct DroppedSpans {
    clock: Clock,
    total: AtomicU64,
    reported: Mutex<DropReports>,
}

#[derive(Debug, Default)]
struct DropReports {
    last: Option<Instant>,
    /// The spans that the log has counted.
    total: u64,
}

impl DroppedSpans {
    pub(super) const fn new(clock: Clock) -> Self {
        let reported = Mutex::new(DropReports { last: None, total: 0 });
        Self { clock, total: AtomicU64::new(0), reported }
    }

    /// Counts spans. Does not log, since it is called where spans end.
    pub(super) fn add(&self, count: usize) {
        self.total.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Returns the number of all dropped spans.
    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Returns the number of dropped spans that the log does not count yet, if it is time for a line.
    pub(super) fn to_log(&self) -> Option<u64> {
        let mut reported = self.reported.lock();
        let (total, now) = (self.total(), self.clock.now());
        if total == reported.total || reported.last.is_some_and(|last| now - last < PAUSE) {
            return None;
        }
        let count = total - reported.total;
        *reported = DropReports { last: Some(now), total };
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    #[test]
    fn dropped_spans_are_logged_once_a_minute() {
        let clock = ManualClock::new();
        let dropped = DroppedSpans::new(clock.clock());
        assert_eq!(dropped.to_log(), None);
        dropped.add(3);
        assert_eq!(dropped.to_log(), Some(3));
        dropped.add(4);
        assert_eq!(dropped.to_log(), None);
        clock.advance(PAUSE - Duration::from_secs(1));
        dropped.add(5);
        assert_eq!(dropped.to_log(), None);
        clock.advance(Duration::from_secs(1));
        assert_eq!(dropped.to_log(), Some(9));
        clock.advance(PAUSE);
        assert_eq!(dropped.to_log(), None, "nothing new");
        assert_eq!(dropped.total(), 12);
    }
}
