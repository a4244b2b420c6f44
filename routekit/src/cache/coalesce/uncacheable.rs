//! Keys whose last response could not be stored. Requests for them do not wait for each other.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use crate::cache::{coalesce::outcome::FillOutcome, store::key::Key};

/// The number of slots. A key has a fixed slot by its hash, and a newer mark replaces an older one. A lost mark causes
/// one needless wait.
const PLACES: u64 = 4096;

/// How long a mark lasts.
const LASTS: Duration = Duration::from_secs(1);

/// Uncacheable marks ("hit-for-miss"), in constant memory. A mark is half the hash of a key and the time at which it
/// expires, in milliseconds.
#[derive(Debug)]
pub(in crate::cache) struct Uncacheable {
    start: Instant,
    places: Box<[AtomicU64]>,
}

impl Uncacheable {
    pub(in crate::cache) fn new(now: Instant) -> Self {
        Self { start: now, places: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Records whether a response of this key could be stored.
    pub(in crate::cache) fn learn(&self, key: &Key, outcome: &FillOutcome, now: Instant) {
        match outcome {
            FillOutcome::Alone => self.set(key, now),
            FillOutcome::Stored(_) => self.clear(key),
            FillOutcome::Failed(_) | FillOutcome::Error(..) => {}
        }
    }

    /// Marks the key: its response could not be stored.
    fn set(&self, key: &Key, now: Instant) {
        self.place(key).store(half(key) | self.millis(now + LASTS), Ordering::Relaxed);
    }

    /// Removes the mark of the key: its response was stored.
    fn clear(&self, key: &Key) {
        let place = self.place(key);
        let mark = place.load(Ordering::Relaxed);
        if mark & UPPER == half(key) {
            // A mark that was set in between is newer, and stays.
            let _ = place.compare_exchange(mark, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(in crate::cache) fn is_set(&self, key: &Key, now: Instant) -> bool {
        let mark = self.place(key).load(Ordering::Relaxed);
        mark & UPPER == half(key) && mark & LOWER > self.millis(now)
    }

    fn place(&self, key: &Key) -> &AtomicU64 {
        &self.places[usize::try_from(key.hash() & (PLACES - 1)).expect("twelve bits")]
    }

    /// Milliseconds since the start. They wrap after 49 days; a mark that spans the wrap lasts until its slot is used
    /// again.
    fn millis(&self, now: Instant) -> u64 {
        let millis = now.saturating_duration_since(self.start).as_millis();
        u64::try_from(millis & u128::from(LOWER)).expect("32 bits")
    }
}

const LOWER: u64 = 0xffff_ffff;
const UPPER: u64 = !LOWER;

fn half(key: &Key) -> u64 {
    key.hash() & UPPER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    #[test]
    fn a_mark_lasts_a_second() {
        let clock = ManualClock::new();
        let marks = Uncacheable::new(clock.now());
        let (key, other) = (Key::new(*b"a"), Key::new(*b"b"));
        assert!(!marks.is_set(&key, clock.now()));
        marks.set(&key, clock.now());
        assert!(marks.is_set(&key, clock.now()) && !marks.is_set(&other, clock.now()));
        clock.advance(Duration::from_millis(999));
        assert!(marks.is_set(&key, clock.now()));
        clock.advance(Duration::from_millis(1));
        assert!(!marks.is_set(&key, clock.now()));
        marks.set(&key, clock.now());
        marks.clear(&other);
        assert!(marks.is_set(&key, clock.now()));
        marks.clear(&key);
        assert!(!marks.is_set(&key, clock.now()));
    }
}
