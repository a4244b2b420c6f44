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

    use proptest::{
        bool::weighted,
        collection::vec,
        prelude::{Just, Strategy},
        prop_assert, prop_assert_eq, prop_oneof,
    };

    use super::*;
    use crate::base::{clock::ManualClock, property::check};

    fn ended() -> impl Strategy<Value = Ended> {
        (weighted(0.33), weighted(0.2)).prop_map(|(failed, slow)| Ended { failed, slow })
    }

    fn sum<'a>(outcomes: impl Iterator<Item = &'a Ended>) -> WindowCounts {
        let mut counts = WindowCounts::default();
        outcomes.for_each(|ended| counts.add(*ended));
        counts
    }

    #[test]
    fn ring_holds_the_last_outcomes() {
        // `None` clears the ring.
        let steps = vec(prop_oneof![700 => ended().prop_map(Some), 1 => Just(None)], 0..500);
        check(256, &(1..=100_u32, steps), |(size, steps)| {
            let (mut ring, mut model) = (Ring::new(size), VecDeque::new());
            for (step, ended) in steps.into_iter().enumerate() {
                if let Some(ended) = ended {
                    ring.record(ended);
                    model.push_back(ended);
                } else {
                    ring.clear();
                    model.clear();
                }
                if model.len() > size as usize {
                    model.pop_front();
                }
                prop_assert_eq!(ring.total, sum(model.iter()), "at step {}", step);
            }
            Ok(())
        });
    }

    #[test]
    fn time_window_holds_its_last_sixty_parts() {
        let part = Duration::from_secs(1);
        let pause = prop_oneof![80 => Just(1), 19 => 0..3000_u64, 1 => (0..100_u64).prop_map(|seconds| seconds * 1000)];
        let pause = pause.prop_map(Duration::from_millis);
        check(256, &vec((pause, ended()), 0..500), |steps| {
            let clock = ManualClock::new();
            let start = clock.now();
            let mut parts = Parts::new(part * PARTS as u32, start);
            let mut model: VecDeque<(u64, Ended)> = VecDeque::new();
            for (step, (pause, ended)) in steps.into_iter().enumerate() {
                clock.advance(pause);
                parts.record(ended, clock.now());
                // After a pause as long as the window the parts start over, so the model reads where they begin.
                let index = |at: Instant| (at - start).as_nanos();
                model.push_back((u64::try_from(index(parts.began)).unwrap(), ended));
                let oldest = index(parts.began).saturating_sub(59 * part.as_nanos());
                while model.front().is_some_and(|(began, _)| u128::from(*began) < oldest) {
                    model.pop_front();
                }
                prop_assert_eq!(parts.total, sum(model.iter().map(|(_, ended)| ended)), "at step {}", step);
                prop_assert!(clock.now() - parts.began < part, "the newest part contains now");
            }
            Ok(())
        });
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
