//! How long a task that is ready waits until the runtime polls it.
//!
//! A beat is sent from outside the runtime, and received by a task. The time in between is the scheduling delay. The
//! task waits for a notification and not for a timer: a runtime with a pending timer reads the clock twice more
//! whenever it waits for a socket.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The time between two beats.
pub(crate) const BEAT_INTERVAL: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
pub(super) struct Heartbeat {
    sent: Notify,
    beats: Mutex<Beats>,
}

/// The beats since the start of a period.
#[derive(Debug, Default)]
struct Beats {
    /// The time of a beat that is not received yet.
    pending: Option<Instant>,
    count: u32,
    sum: Duration,
    max: Duration,
}

/// The scheduling delay in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SchedulingDelay {
    pub(crate) mean: Duration,
    pub(crate) max: Duration,
}

impl Heartbeat {
    /// Sends a beat, unless the last one is still on its way.
    pub(super) fn send(&self, now: Instant) {
        let mut beats = self.beats.lock();
        if beats.pending.is_none() {
            beats.pending = Some(now);
            drop(beats);
            self.sent.notify_one();
        }
    }

    /// Waits for the next beat. `received` must follow.
    pub(super) async fn next(&self) {
        self.sent.notified().await;
    }

    /// Notes the delay of the beat that has arrived.
    pub(super) fn received(&self, now: Instant) {
        let mut beats = self.beats.lock();
        if let Some(sent) = beats.pending.take() {
            beats.add(now.saturating_duration_since(sent));
        }
    }

    /// The delay since the start of the period. If no beat has arrived since, it is that of the beat on its way.
    pub(super) fn delay(&self, now: Instant) -> Option<SchedulingDelay> {
        let beats = self.beats.lock();
        let Some(mean) = beats.sum.checked_div(beats.count) else {
            let waits = now.saturating_duration_since(beats.pending?);
            return Some(SchedulingDelay { mean: waits, max: waits });
        };
        Some(SchedulingDelay { mean, max: beats.max })
    }

    /// Starts a new period.
    pub(super) fn start_period(&self) {
        let mut beats = self.beats.lock();
        *beats = Beats { pending: beats.pending, ..Beats::default() };
    }
}

impl Beats {
    /// Adds a beat, and those that would have been sent while it was on its way: each of them would have waited for one
    /// interval less than the one before. Otherwise a runtime that hangs for seconds would count as a single slow beat.
    fn add(&mut self, delay: Duration) {
        let more = u32::try_from(delay.as_nanos() / BEAT_INTERVAL.as_nanos()).unwrap_or(u32::MAX / 2).min(1 << 20);
        let skipped = BEAT_INTERVAL * more;
        self.count = self.count.saturating_add(more + 1);
        // The sum of an arithmetic series, from `delay` to `delay - skipped`.
        self.sum =
            self.sum.saturating_add(delay.saturating_mul(2).saturating_sub(skipped).saturating_mul(more + 1) / 2);
        self.max = self.max.max(delay);
    }
}
