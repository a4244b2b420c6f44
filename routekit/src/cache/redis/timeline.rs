//! The clock of Redis as this process sees it, through all its epochs.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::cache::validity::stamp::Stamp;

/// The random name of an epoch. Readings of the clock are only comparable within one.
pub(in crate::cache) type EpochId = [u8; 16];

/// The stamps of a new epoch begin at least this far above those of the epochs before, so that a reading from shortly
/// before the first one still has a stamp: 200 days, in microseconds.
const GAP: u64 = 1 << 44;

/// How many former epochs are remembered.
const MAX_FORMER: usize = 16;

/// A server whose time falls back by more than this, against the clock of this process, was set back.
const SET_BACK: i64 = 2_000_000;

/// Converts readings of the clock of Redis to stamps, which never decrease in this process.
///
/// A new epoch may begin with an earlier reading than the last one ended with, for example if the server's time was
/// set back. Its stamps are nevertheless later than all stamps of the epochs before, and those stay recognisable: an
/// entry with such a stamp is never stored, and never valid.
#[derive(Debug, Default)]
pub(in crate::cache) struct Timeline {
    epochs: Mutex<Epochs>,
    /// The latest stamp of all epochs; changes while the epochs are locked.
    latest: AtomicU64,
}

#[derive(Debug, Default)]
struct Epochs {
    current: Option<CurrentEpoch>,
    /// The epoch that was current before this process made a stamp of its own, and its latest reading.
    suspended: Option<(EpochId, u64)>,
    /// Counts the changes of `current`.
    changes: u64,
    former: Vec<EpochId>,
    /// A time of the server in microseconds, and when this process sent the request for it.
    server_time: Option<(i64, Instant)>,
}

#[derive(Debug)]
struct CurrentEpoch {
    id: EpochId,
    /// A stamp minus its reading.
    offset: i128,
    /// The first stamp of the epoch.
    first: u64,
    /// The latest reading.
    seen: u64,
}

/// What is known when a request is sent to Redis.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownEpoch {
    changes: u64,
    pub(super) id: Option<EpochId>,
    /// The latest reading in that epoch.
    pub(super) seen: u64,
}

impl KnownEpoch {
    /// The same, if the epoch is this one.
    pub(super) fn in_epoch(self, id: EpochId) -> Self {
        Self { id: Some(id), ..self }
    }
}

/// What a reading of the clock means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It has this stamp.
    Stamp(Stamp),
    /// Another reply changed the epoch in the meantime, so that it is not known which of them is the later one.
    Unordered,
    /// The server returned to a former epoch, as if an old copy of the data was restored. A new one must begin.
    Former,
}

impl Timeline {
    pub(super) fn known(&self) -> KnownEpoch {
        let epochs = self.epochs.lock();
        let current = epochs.current.as_ref().map(|epoch| (epoch.id, epoch.seen)).or(epochs.suspended);
        KnownEpoch { changes: epochs.changes, id: current.map(|(id, _)| id), seen: current.map_or(0, |(_, seen)| seen) }
    }

    /// The latest stamp.
    pub(in crate::cache) fn latest(&self) -> Stamp {
        Stamp::new(self.latest.load(Ordering::SeqCst))
    }

    /// A stamp that is later than all before, made without Redis. It is never stored there; stamps of readings that
    /// follow are later.
    pub(in crate::cache) fn tick(&self) -> Stamp {
        let mut epochs = self.epochs.lock();
        if let Some(epoch) = epochs.current.take() {
            epochs.changes += 1;
            epochs.suspended = Some((epoch.id, epoch.seen));
        }
        self.advance()
    }

    /// The epochs must be locked.
    fn advance(&self) -> Stamp {
        let next = self.latest.load(Ordering::SeqCst).saturating_add(1);
        self.latest.store(next, Ordering::SeqCst);
        Stamp::new(next)
    }

    /// Records a reading, in a reply to a request that was sent when `known` was known.
    pub(super) fn read(&self, known: KnownEpoch, id: EpochId, reading: u64) -> Reading {
        let mut epochs = self.epochs.lock();
        let latest = self.latest.load(Ordering::SeqCst);
        if epochs.current.as_ref().is_none_or(|epoch| epoch.id != id) {
            if epochs.changes != known.changes {
                return Reading::Unordered;
            }
            if epochs.former.contains(&id) {
                return Reading::Former;
            }
            epochs.begin(id, reading, latest);
        }
        let Some(epoch) = &mut epochs.current else { return Reading::Unordered };
        let stamp = u64::try_from(epoch.offset + i128::from(reading)).ok().filter(|stamp| *stamp >= epoch.first);
        let Some(stamp) = stamp else { return Reading::Unordered };
        epoch.seen = epoch.seen.max(reading);
        self.latest.fetch_max(stamp, Ordering::SeqCst);
        Reading::Stamp(Stamp::new(stamp))
    }

    /// The epoch and the reading of a stamp; `None` if it belongs to a former epoch.
    pub(super) fn reading(&self, stamp: Stamp) -> Option<(EpochId, u64)> {
        let epochs = self.epochs.lock();
        let epoch = epochs.current.as_ref().filter(|epoch| stamp.number() >= epoch.first)?;
        let reading = u64::try_from(i128::from(stamp.number()) - epoch.offset).ok()?;
        Some((epoch.id, reading))
    }

    /// Ends the epoch. Returns a stamp that is later than all before.
    pub(super) fn end(&self) -> Stamp {
        let mut epochs = self.epochs.lock();
        epochs.leave();
        self.advance()
    }

    /// The time of the server at `now`, in microseconds since 1970, as far as it is known; never too early by more than
    /// clocks drift apart.
    pub(super) fn server_time(&self, now: Instant) -> Option<i64> {
        let (time, sent) = self.epochs.lock().server_time?;
        Some(time.saturating_add(micros_between(sent, now)))
    }

    /// Whether the time of the server was set back, according to a reply to a request that was sent at `sent`.
    pub(super) fn was_set_back(&self, server_time: i64, sent: Instant) -> bool {
        let last = self.epochs.lock().server_time.replace((server_time, sent));
        last.is_some_and(|(last_time, last_sent)| {
            let elapsed = micros_between(last_sent, sent);
            // Clocks may drift apart by a thousandth.
            let least = elapsed.saturating_sub(SET_BACK).saturating_sub((elapsed / 1000).abs());
            server_time.saturating_sub(last_time) < least
        })
    }
}

/// Negative if `to` is before `from`.
fn micros_between(from: Instant, to: Instant) -> i64 {
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    micros(to.saturating_duration_since(from)) - micros(from.saturating_duration_since(to))
}

impl Epochs {
    fn begin(&mut self, id: EpochId, reading: u64, latest: u64) {
        // A suspended epoch continues.
        self.suspended = self.suspended.filter(|(suspended, _)| *suspended != id);
        self.leave();
        // The stamps of the first epoch are its readings.
        let offset = match latest {
            0 => 0,
            latest => i128::from(latest) + i128::from(GAP) - i128::from(reading),
        };
        self.current = Some(CurrentEpoch { id, offset, first: latest.saturating_add(1), seen: reading });
    }

    fn leave(&mut self) {
        self.changes += 1;
        let current = self.current.take().map(|epoch| epoch.id);
        for id in current.into_iter().chain(self.suspended.take().map(|(id, _)| id)) {
            if self.former.len() == MAX_FORMER {
                self.former.remove(0);
            }
            self.former.push(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    const A: EpochId = [1; 16];
    const B: EpochId = [2; 16];

    fn stamp(timeline: &Timeline, id: EpochId, reading: u64) -> Stamp {
        match timeline.read(timeline.known(), id, reading) {
            Reading::Stamp(stamp) => stamp,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn stamps_of_a_new_epoch_are_later_even_if_its_clock_is_earlier() {
        let timeline = Timeline::default();
        let old = stamp(&timeline, A, 5_000_000);
        assert_eq!((old.number(), timeline.reading(old)), (5_000_000, Some((A, 5_000_000))));
        let new = stamp(&timeline, B, 7);
        assert!(new > old);
        assert_eq!(timeline.reading(new), Some((B, 7)));
        assert_eq!(timeline.reading(old), None, "a stamp of the old epoch is never stored");
    }

    #[test]
    fn a_reply_from_before_the_change_has_no_stamp() {
        let timeline = Timeline::default();
        stamp(&timeline, A, 100);
        let known = timeline.known();
        stamp(&timeline, B, 50);
        assert_eq!(timeline.read(known, A, 101), Reading::Unordered);
        assert!(matches!(timeline.read(known, B, 49), Reading::Stamp(_)), "the same epoch, shortly before");
        assert_eq!(timeline.read(timeline.known(), A, 102), Reading::Former, "an old copy was restored");
    }

    #[test]
    fn a_reply_that_comes_late_has_an_earlier_stamp_of_the_same_epoch() {
        let timeline = Timeline::default();
        let old = stamp(&timeline, A, 100);
        let second = stamp(&timeline, B, 1_000);
        let first = stamp(&timeline, B, 900);
        assert!(old < first && first < second);
        assert_eq!((timeline.reading(first), timeline.known().seen), (Some((B, 900)), 1_000));
    }

    #[test]
    fn stamps_after_the_end_of_an_epoch_are_later() {
        let timeline = Timeline::default();
        let old = stamp(&timeline, A, 100);
        let end = timeline.end();
        assert!(end > old && timeline.reading(end).is_none() && timeline.known().id.is_none());
        assert!(stamp(&timeline, B, 1) > end);
    }

    #[test]
    fn an_epoch_continues_after_stamps_of_the_process() {
        let timeline = Timeline::default();
        let before = stamp(&timeline, A, 100);
        let own = [timeline.tick(), timeline.tick()];
        assert!(before < own[0] && own[0] < own[1] && timeline.latest() == own[1]);
        assert_eq!((timeline.known().id, timeline.known().seen), (Some(A), 100), "a rollback is noticed");
        for earlier in [before, own[0], own[1]] {
            assert_eq!(timeline.reading(earlier), None, "another process may have invalidated in the meantime");
        }
        let after = stamp(&timeline, A, 101);
        assert!(after > own[1]);
        assert_eq!(timeline.reading(after), Some((A, 101)));
        assert_eq!(timeline.reading(own[1]), None, "it never becomes a reading");
        timeline.tick();
        stamp(&timeline, B, 7);
        assert_eq!(timeline.read(timeline.known(), A, 102), Reading::Former, "another epoch replaced it");
    }

    #[test]
    fn a_server_whose_time_is_set_back_is_noticed() {
        let clock = ManualClock::new();
        let timeline = Timeline::default();
        let second = 1_000_000;
        assert!(!timeline.was_set_back(5_000 * second, clock.now()));
        clock.advance(Duration::from_secs(10));
        assert!(!timeline.was_set_back(5_009 * second, clock.now()), "a second is within the tolerance");
        clock.advance(Duration::from_secs(10));
        assert!(timeline.was_set_back(1_419 * second, clock.now()), "an hour");
        clock.advance(Duration::from_secs(10));
        assert!(!timeline.was_set_back(1_429 * second, clock.now()), "noticed once");
        assert!(!timeline.was_set_back(9_000 * second, clock.now()), "time that was set forward only ages entries");
    }

    #[test]
    fn absurd_readings_and_times_of_a_server_do_not_overflow() {
        let clock = ManualClock::new();
        let timeline = Timeline::default();
        for time in [i64::MIN, i64::MAX, i64::MIN, 0, i64::MAX, -1] {
            timeline.was_set_back(time, clock.now());
            timeline.server_time(clock.now() + Duration::from_secs(1));
        }
        assert!(timeline.was_set_back(i64::MIN, clock.now()));
        stamp(&timeline, A, u64::MAX);
        timeline.end();
        let known = timeline.known();
        assert_eq!(timeline.read(known, B, u64::MAX), Reading::Unordered, "no stamp is later");
        timeline.end();
    }
}
