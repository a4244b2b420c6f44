//! Sliding windows of outcomes, of constant size.

use std::time::{Duration, Instant};

/// The number of parts of a window of time. An outcome leaves with its part, so it counts for 59 to 60 sixtieths of the
/// window.
const PARTS: usize = 60;

/// The counts of the calls in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::breaker) struct WindowCounts {
    pub(in crate::breaker) calls: u64,
    pub(in crate::breaker) failures: u64,
    pub(in crate::breaker) slow: u64,
}

/// The outcome of a call that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) failed: bool,
    pub(super) slow: bool,
}

/// The outcomes of the last interval of time, or of the last calls.
#[derive(Debug)]
pub(super) enum Sliding {
    Time(Parts),
    Calls(Ring),
}

impl Sliding {
    pub(super) fn of_time(time: Duration, now: Instant) -> Self {
        Self::Time(Parts::new(time, now))
    }

    pub(super) fn of_calls(calls: u32) -> Self {
        Self::Calls(Ring::new(calls))
    }

    /// Adds an outcome and returns the counts. Only a window of time calls `now`.
    #[inline]
    pub(super) fn record(&mut self, ended: Ended, now: impl Fn() -> Instant) -> WindowCounts {
        match self {
            Self::Time(parts) => {
                parts.record(ended, now());
                parts.total
            }
            Self::Calls(ring) => {
                ring.record(ended);
                ring.total
            }
        }
    }

    pub(super) fn counts(&mut self, now: Instant) -> WindowCounts {
        match self {
            Self::Time(parts) => {
                parts.advance(now);
                parts.total
            }
            Self::Calls(ring) => ring.total,
        }
    }

    pub(super) fn clear(&mut self, now: Instant) {
        match self {
            Self::Time(parts) => parts.clear(now),
            Self::Calls(ring) => ring.clear(),
        }
    }
}

impl WindowCounts {
    fn add(&mut self, ended: Ended) {
        self.calls += 1;
        self.failures += u64::from(ended.failed);
        self.slow += u64::from(ended.slow);
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failures -= other.failures;
        self.slow -= other.slow;
    }
}

/// A ring of the parts of a window of time, with their sum.
#[derive(Debug)]
pub(super) struct Parts {
    length: Duration,
    parts: Box<[WindowCounts; PARTS]>,
    /// The index of the part that outcomes are added to.
    newest: usize,
    began: Instant,
    total: WindowCounts,
}

impl Parts {
    fn new(time: Duration, now: Instant) -> Self {
        // A window below 60 ns is not divided further.
        let length = (time / PARTS as u32).max(Duration::from_nanos(1));
        Self {
            length,
            parts: Box::new([WindowCounts::default(); PARTS]),
            newest: 0,
            began: now,
            total: WindowCounts::default(),
        }
    }

    fn record(&mut self, ended: Ended, now: Instant) {
        self.advance(now);
        self.parts[self.newest].add(ended);
        self.total.add(ended);
    }

    /// Drops the parts that are too old. A `now` before the newest part, read by a thread that was overtaken, has no
    /// effect.
    fn advance(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.began);
        if elapsed < self.length {
            return;
        }
        let passed = elapsed.as_nanos() / self.length.as_nanos();
        if passed >= PARTS as u128 {
            self.clear(now);
            return;
        }
        for _ in 0..passed {
            self.newest = (self.newest + 1) % PARTS;
            self.total.subtract(std::mem::take(&mut self.parts[self.newest]));
            self.began += self.length;
        }
    }

    fn clear(&mut self, now: Instant) {
        self.parts.fill(WindowCounts::default());
        self.total = WindowCounts::default();
        self.began = now;
    }
}

/// A ring of the last outcomes, with their sum.
#[derive(Debug)]
pub(super) struct Ring {
    outcomes: Box<[u8]>,
    next: usize,
    total: WindowCounts,
}

const FAILED: u8 = 1;
const SLOW: u8 = 2;

impl Ring {
    fn new(calls: u32) -> Self {
        Self { outcomes: vec![0; calls as usize].into_boxed_slice(), next: 0, total: WindowCounts::default() }
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.total.calls == self.outcomes.len() as u64
    }

    #[inline]
    pub(super) fn record(&mut self, ended: Ended) {
        let (old, new) = (&mut self.outcomes[self.next], pack(ended));
        let old = std::mem::replace(old, new);
        self.next = if self.next + 1 == self.outcomes.len() { 0 } else { self.next + 1 };
        if !self.is_full() {
            self.total.add(ended);
        } else if old != new {
            self.total.subtract(unpack(old));
            self.total.add(ended);
        }
    }

    fn clear(&mut self) {
        (self.next, self.total) = (0, WindowCounts::default());
    }
}

fn pack(ended: Ended) -> u8 {
    (u8::from(ended.failed) * FAILED) | (u8::from(ended.slow) * SLOW)
}

fn unpack(outcome: u8) -> WindowCounts {
    WindowCounts { calls: 1, failures: u64::from(outcome & FAILED), slow: u64::from(outcome & SLOW) / u64::from(SLOW) }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::base::clock::ManualClock;

    fn ended(random: u8) -> Ended {
        Ended { failed: random.is_multiple_of(3), slow: random.is_multiple_of(5) }
    }

    fn sum<'a>(outcomes: impl Iterator<Item = &'a Ended>) -> WindowCounts {
        let mut counts = WindowCounts::default();
        outcomes.for_each(|ended| counts.add(*ended));
        counts
    }

    #[test]
    fn ring_holds_the_last_outcomes() {
        let mut random = fastrand::Rng::with_seed(7);
        for size in [1, 2, 10, 100] {
            let (mut ring, mut model) = (Ring::new(size), VecDeque::new());
            for step in 0..2000 {
                if step % 701 == 700 {
                    ring.clear();
                    model.clear();
                }
                let ended = ended(random.u8(..));
                ring.record(ended);
                model.push_back(ended);
                if model.len() > size as usize {
                    model.pop_front();
                }
                assert_eq!(ring.total, sum(model.iter()), "of {size} at {step}");
            }
        }
    }

    #[test]
    fn time_window_holds_its_last_sixty_parts() {
        let clock = ManualClock::new();
        let part = Duration::from_secs(1);
        let start = clock.now();
        let mut parts = Parts::new(part * PARTS as u32, start);
        let mut model: VecDeque<(u64, Ended)> = VecDeque::new();
        let mut random = fastrand::Rng::with_seed(11);
        for step in 0..20_000 {
            let pause = match random.u32(0..100) {
                0 => Duration::from_secs(random.u64(0..100)),
                1..20 => Duration::from_millis(random.u64(0..3000)),
                _ => Duration::from_millis(1),
            };
            clock.advance(pause);
            let ended = ended(random.u8(..));
            parts.record(ended, clock.now());
            // After a pause as long as the window the parts start over, so the model reads where they begin.
            let index = |at: Instant| (at - start).as_nanos();
            model.push_back((u64::try_from(index(parts.began)).unwrap(), ended));
            let oldest = index(parts.began).saturating_sub(59 * part.as_nanos());
            while model.front().is_some_and(|(began, _)| u128::from(*began) < oldest) {
                model.pop_front();
            }
            assert_eq!(parts.total, sum(model.iter().map(|(_, ended)| ended)), "at {step}");
            assert!(clock.now() - parts.began < part, "the newest part contains now");
        }
    }

    #[test]
    fn outcome_counts_for_59_to_60_sixtieths() {
        let clock = ManualClock::new();
        let mut window = Sliding::of_time(Duration::from_secs(60), clock.now());
        clock.advance(Duration::from_millis(999));
        window.record(Ended { failed: true, slow: false }, || clock.now());
        clock.advance(Duration::from_millis(59_000));
        assert_eq!(window.counts(clock.now()).failures, 1, "59 s after it");
        clock.advance(Duration::from_millis(1));
        assert_eq!(window.counts(clock.now()), WindowCounts::default(), "its part is over");
    }
}
