//! The state machine of a breaker: no HTTP, no lock, no clock. Time is what it is told.
//!
//! Every change of its state begins a new generation, with a number that was never given before. A call of a closed breaker has a [`Ticket`] with that number,
//! and what becomes of it counts only while that generation lasts; a probe has a number of its own, which counts for as long as its lease.

use std::time::{Duration, Instant};

use super::{
    Cause, Mode, Open, Outcome, State, Transition,
    settings::Settings,
    window::{Counts, Ended, Sliding},
};
use crate::route::{Ratio, Window};

/// A circuit breaker as data.
#[derive(Debug)]
pub(super) struct Machine {
    settings: Settings,
    mode: Mode,
    phase: Phase,
    /// The number of this generation.
    generation: u64,
    /// The last number that was given, from 1, so that 0 is nobody's.
    numbered: u64,
    window: Sliding,
    /// How often a probe has failed since it was last closed.
    reopened: u32,
    last_failure: Option<Instant>,
    totals: Totals,
}

/// What was counted since the beginning. Nothing sets it back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
    /// Calls that came to no outcome.
    pub(crate) neutral: u64,
    /// Calls that ended when their generation was over.
    pub(crate) late: u64,
    pub(crate) rejected: u64,
    /// Changes of the state, by what it became.
    pub(crate) opened: u64,
    pub(crate) half_opened: u64,
    pub(crate) closed: u64,
    /// Changes of any kind.
    pub(super) changes: u64,
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open { until: Instant },
    HalfOpen(Probes),
}

/// The probes of a half-open breaker.
#[derive(Debug)]
struct Probes {
    /// At most `half_open_calls`.
    under_way: Vec<Lease>,
    succeeded: u32,
}

#[derive(Debug)]
struct Lease {
    probe: u64,
    until: Instant,
}

/// The number that a call was let through with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// Of a call that passes and is not counted.
    pub(super) const UNTRACKED: Self = Self(0);

    /// Of a call that a closed breaker lets through.
    pub(super) const fn of(generation: u64) -> Self {
        Self(generation)
    }
}

/// What whoever lets calls through without asking has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// All pass, and count for this generation.
    Passing(u64),
    /// All pass, and nobody counts.
    Untracked,
    /// It must be asked.
    Asking,
}

impl Machine {
    pub(super) fn new(settings: Settings, now: Instant) -> Self {
        let window = match settings.rules.window {
            Window::Time(time) => Sliding::of_time(time, now),
            Window::Calls(calls) => Sliding::of_calls(calls),
        };
        Self {
            settings,
            mode: Mode::Automatic,
            phase: Phase::Closed,
            generation: 1,
            numbered: 1,
            window,
            reopened: 0,
            last_failure: None,
            totals: Totals::default(),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        match (self.mode, &self.phase) {
            (Mode::Disabled, _) => Standing::Untracked,
            (Mode::ForcedOpen, _) => Standing::Asking,
            (Mode::Automatic | Mode::ForcedClosed | Mode::MetricsOnly, Phase::Closed) => {
                Standing::Passing(self.generation)
            }
            (Mode::Automatic | Mode::ForcedClosed | Mode::MetricsOnly, Phase::Open { .. } | Phase::HalfOpen(_)) => {
                Standing::Asking
            }
        }
    }

    /// Lets a call through, or not; and what has changed by its asking.
    pub(super) fn admit(&mut self, now: Instant) -> (Result<Ticket, Open>, Option<Transition>) {
        match self.mode {
            Mode::Disabled => return (Ok(Ticket::UNTRACKED), None),
            Mode::ForcedOpen => return (self.refuse(self.settings.rules.open_for), None),
            Mode::Automatic | Mode::ForcedClosed | Mode::MetricsOnly => {}
        }
        let mut changed = None;
        if let Phase::Open { until } = self.phase {
            if now < until {
                return (self.refuse(until - now), None);
            }
            let probes = Probes { under_way: Vec::new(), succeeded: 0 };
            changed = Some(self.become_(Phase::HalfOpen(probes), Cause::OpenForElapsed, now));
        }
        let Phase::HalfOpen(probes) = &mut self.phase else { return (Ok(Ticket::of(self.generation)), None) };
        if !probes.has_room(self.settings.rules.half_open_calls, now) {
            return (self.refuse(Duration::ZERO), changed);
        }
        self.numbered += 1;
        probes.under_way.push(Lease { probe: self.numbered, until: now + self.settings.probe_lease });
        (Ok(Ticket(self.numbered)), changed)
    }

    /// Nobody is refused who only counts.
    fn refuse(&mut self, retry_after: Duration) -> Result<Ticket, Open> {
        if self.mode == Mode::MetricsOnly {
            return Ok(Ticket::UNTRACKED);
        }
        self.totals.rejected += 1;
        Err(Open { retry_after })
    }

    /// A call has succeeded for which time does not matter: what nearly all calls come to. `false` where there is more to it, and nothing has been done.
    #[inline(always)]
    pub(super) fn succeed(&mut self, ticket: Ticket) -> bool {
        let (Phase::Closed, Sliding::Calls(ring)) = (&self.phase, &mut self.window) else { return false };
        // In a window that is full it takes the place of another call, and no rate rises.
        if ticket.0 != self.generation || !ring.is_full() {
            return false;
        }
        ring.record(Ended { failed: false, slow: false });
        self.totals.successes += 1;
        true
    }

    /// A call has ended, after so long. What time it is, is asked only where it matters.
    #[inline]
    pub(super) fn settle(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        took: Duration,
        now: impl Fn() -> Instant,
    ) -> Option<Transition> {
        if ticket.0 != self.generation || !matches!(self.phase, Phase::Closed) {
            return self.settle_others(ticket, outcome, took, now());
        }
        let ended = self.count(outcome, took, &now)?;
        let counts = self.window.record(ended, &now);
        let cause = self.settings.verdict(counts).filter(|_| self.mode != Mode::ForcedClosed)?;
        Some(self.open(cause, now()))
    }

    /// A probe, or a call of another time.
    #[cold]
    fn settle_others(&mut self, ticket: Ticket, outcome: Outcome, took: Duration, now: Instant) -> Option<Transition> {
        let probing = match &mut self.phase {
            Phase::HalfOpen(probes) => probes.end(ticket.0),
            Phase::Closed | Phase::Open { .. } => false,
        };
        if !probing {
            // Whatever it says is about what was then.
            self.totals.late += u64::from(ticket != Ticket::UNTRACKED);
            return None;
        }
        let ended = self.count(outcome, took, || now)?;
        if ended.failed || ended.slow {
            self.reopened = self.reopened.saturating_add(1);
            return Some(self.open(Cause::ProbeFailed, now));
        }
        let Phase::HalfOpen(probes) = &mut self.phase else { return None };
        probes.succeeded += 1;
        if probes.succeeded < self.settings.rules.half_open_calls {
            return None;
        }
        self.reopened = 0;
        Some(self.become_(Phase::Closed, Cause::ProbesSucceeded, now))
    }

    #[inline]
    fn count(&mut self, outcome: Outcome, took: Duration, now: impl Fn() -> Instant) -> Option<Ended> {
        let failed = match outcome {
            Outcome::Neutral => {
                self.totals.neutral += 1;
                return None;
            }
            Outcome::Success => false,
            Outcome::Failure => true,
        };
        // As long as the threshold is slow.
        let slow = self.settings.rules.slow_call.is_some_and(|slow| took >= slow);
        self.totals.successes += u64::from(!failed);
        self.totals.failures += u64::from(failed);
        self.totals.slow += u64::from(slow);
        if failed {
            self.last_failure = Some(now());
        }
        Some(Ended { failed, slow })
    }

    #[cold]
    fn open(&mut self, cause: Cause, now: Instant) -> Transition {
        let until = now + self.settings.open_time(self.reopened);
        self.become_(Phase::Open { until }, cause, now)
    }

    /// Somebody decides. It begins closed and with nothing counted, whatever was before.
    pub(super) fn command(&mut self, mode: Mode, now: Instant) -> Option<Transition> {
        let (before, was) = (self.state(), self.mode);
        let counts = self.window.counts(now);
        self.mode = mode;
        self.reopened = 0;
        self.begin(Phase::Closed, now);
        let after = self.state();
        if before != after {
            self.count_change(after);
        }
        (before != after || was != mode).then(|| self.transition(before, Cause::Commanded, counts))
    }

    /// Changes the phase.
    fn become_(&mut self, phase: Phase, cause: Cause, now: Instant) -> Transition {
        let before = self.state();
        let counts = self.window.counts(now);
        self.begin(phase, now);
        self.count_change(self.state());
        self.transition(before, cause, counts)
    }

    fn begin(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.numbered += 1;
        self.generation = self.numbered;
        if matches!(self.phase, Phase::Closed) {
            self.window.clear(now);
        }
    }

    fn count_change(&mut self, to: State) {
        match to {
            State::Closed => self.totals.closed += 1,
            State::Open => self.totals.opened += 1,
            State::HalfOpen => self.totals.half_opened += 1,
        }
    }

    fn transition(&mut self, from: State, cause: Cause, counts: Counts) -> Transition {
        self.totals.changes += 1;
        Transition {
            from,
            to: self.state(),
            mode: self.mode,
            cause,
            failure_rate: part(counts.failures, counts.calls),
            slow_rate: part(counts.slow, counts.calls),
            calls: counts.calls,
            number: self.totals.changes,
        }
    }

    pub(super) fn state(&self) -> State {
        match (self.mode, &self.phase) {
            (Mode::ForcedOpen, _) => State::Open,
            (_, Phase::Closed) => State::Closed,
            (_, Phase::Open { .. }) => State::Open,
            (_, Phase::HalfOpen(_)) => State::HalfOpen,
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) fn counts(&mut self, now: Instant) -> Counts {
        self.window.counts(now)
    }

    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    pub(super) fn last_failure(&self) -> Option<Instant> {
        self.last_failure
    }

    /// How long it stays open, if it is.
    pub(super) fn open_until(&self) -> Option<Instant> {
        match (self.mode, &self.phase) {
            (Mode::Automatic | Mode::MetricsOnly, Phase::Open { until }) => Some(*until),
            _ => None,
        }
    }
}

impl Probes {
    /// Whether fewer are under way or have succeeded than there may be. One whose lease is over is given up.
    fn has_room(&mut self, permits: u32, now: Instant) -> bool {
        self.under_way.retain(|lease| now < lease.until);
        (self.under_way.len() as u64 + u64::from(self.succeeded)) < u64::from(permits)
    }

    /// Whether the probe was under way, which it is no longer.
    fn end(&mut self, probe: u64) -> bool {
        let found = self.under_way.iter().position(|lease| lease.probe == probe);
        found.is_some_and(|index| {
            self.under_way.swap_remove(index);
            true
        })
    }
}

impl Settings {
    /// Whether it is to open.
    #[inline]
    fn verdict(&self, counts: Counts) -> Option<Cause> {
        // Where all is well, there is nothing to reckon.
        if counts.failures | counts.slow == 0 || counts.calls < u64::from(self.rules.min_calls) {
            return None;
        }
        let reaches = |part: u64, rate: Ratio| part > 0 && part * 1_000_000 >= counts.calls * rate.millionths();
        if reaches(counts.failures, self.rules.failure_rate) {
            Some(Cause::FailureRate)
        } else if reaches(counts.slow, self.rules.slow_rate) {
            Some(Cause::SlowRate)
        } else {
            None
        }
    }
}

/// A part of the whole, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
pub(super) fn part(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
