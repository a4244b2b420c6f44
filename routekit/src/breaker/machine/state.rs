//! The state machine of a breaker. It has no HTTP, no lock and no clock: the time is an argument.
//!
//! Every change of state begins a new generation with a new number. A call that a closed breaker admits gets a
//! [`Ticket`] with that number, and its outcome counts only while the generation lasts. A probe has its own number,
//! which is valid for the length of its lease.

use std::time::{Duration, Instant};

use super::{
    open::Open,
    settings::BreakerSettings,
    transition::{Cause, Mode, State, Transition},
    window::{Ended, Sliding, WindowCounts},
};
use crate::route::{Outcome, Ratio, Window};

/// A circuit breaker as plain data.
#[derive(Debug)]
pub(in crate::breaker) struct Machine {
    settings: BreakerSettings,
    mode: Mode,
    phase: Phase,
    /// The number of the current generation.
    generation: u64,
    /// The last number handed out. Numbers start at 1; 0 is [`Ticket::UNTRACKED`].
    numbered: u64,
    window: Sliding,
    /// The number of probes that have failed since the breaker was last closed.
    reopened: u32,
    last_failure: Option<Instant>,
    totals: Totals,
}

/// Totals since the breaker was built. They are never reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
    /// The number of calls without an outcome.
    pub(crate) neutral: u64,
    /// The number of calls that ended after their generation.
    pub(crate) late: u64,
    pub(crate) rejected: u64,
    /// Transitions, by the new state.
    pub(crate) opened: u64,
    pub(crate) half_opened: u64,
    pub(crate) closed: u64,
    /// Transitions of any kind.
    pub(in crate::breaker) changes: u64,
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open { until: Instant },
    HalfOpen(Probes),
}

/// Probes of a half-open breaker.
#[derive(Debug)]
struct Probes {
    /// Holds at most `half_open_calls` entries.
    under_way: Vec<Lease>,
    /// The numbers of probes that have no slot for now.
    paused: Vec<u64>,
    succeeded: u32,
}

#[derive(Debug)]
struct Lease {
    probe: u64,
    until: Instant,
}

/// The number under which a call was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) struct Ticket(u64);

impl Ticket {
    /// The ticket of a call that is not counted.
    pub(in crate::breaker) const UNTRACKED: Self = Self(0);

    /// The ticket of a call that a closed breaker admits.
    pub(in crate::breaker) const fn of(generation: u64) -> Self {
        Self(generation)
    }
}

/// The decisions that a caller can make without the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum Admission {
    /// All calls pass and count for this generation.
    Pass(u64),
    /// All calls pass and none is counted.
    Untracked,
    /// The machine decides for each call.
    Ask,
}

impl Machine {
    pub(in crate::breaker) fn new(settings: BreakerSettings, now: Instant) -> Self {
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

    pub(in crate::breaker) fn standing(&self) -> Admission {
        match (self.mode, &self.phase) {
            (Mode::Disabled, _) => Admission::Untracked,
            (Mode::ForcedOpen, _) => Admission::Ask,
            (Mode::Automatic | Mode::ForcedClosed | Mode::MetricsOnly, Phase::Closed) => {
                Admission::Pass(self.generation)
            }
            (Mode::Automatic | Mode::ForcedClosed | Mode::MetricsOnly, Phase::Open { .. } | Phase::HalfOpen(_)) => {
                Admission::Ask
            }
        }
    }

    /// Admits or refuses a call. Returns the transition that this caused, if any.
    pub(in crate::breaker) fn admit(&mut self, now: Instant) -> (Result<Ticket, Open>, Option<Transition>) {
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
            let probes = Probes { under_way: Vec::new(), paused: Vec::new(), succeeded: 0 };
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

    /// Refuses a call, except in [`Mode::MetricsOnly`].
    fn refuse(&mut self, retry_after: Duration) -> Result<Ticket, Open> {
        if self.mode == Mode::MetricsOnly {
            return Ok(Ticket::UNTRACKED);
        }
        self.totals.rejected += 1;
        Err(Open { retry_after })
    }

    /// Counts a success whose duration does not matter, like that of nearly all calls. Returns `false`, and does
    /// nothing, if the call needs [`settle`](Self::settle).
    #[inline(always)]
    pub(in crate::breaker) fn succeed(&mut self, ticket: Ticket) -> bool {
        let (Phase::Closed, Sliding::Calls(ring)) = (&self.phase, &mut self.window) else { return false };
        // In a full window a success replaces another outcome, so that no rate can rise.
        if ticket.0 != self.generation || !ring.is_full() {
            return false;
        }
        ring.record(Ended { failed: false, slow: false });
        self.totals.successes += 1;
        true
    }

    /// Counts a call that took `took`. Calls `now` only if the time matters.
    #[inline]
    pub(in crate::breaker) fn settle(
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

    /// Settles a probe, or a call of an earlier generation.
    #[cold]
    fn settle_others(&mut self, ticket: Ticket, outcome: Outcome, took: Duration, now: Instant) -> Option<Transition> {
        let probing = match &mut self.phase {
            Phase::HalfOpen(probes) => probes.end(ticket.0),
            Phase::Closed | Phase::Open { .. } => false,
        };
        if !probing {
            // The outcome belongs to an earlier state.
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
        // A call whose duration equals the threshold is slow.
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

    /// Frees the slot of a probe. Returns whether it had one.
    pub(in crate::breaker) fn pause(&mut self, ticket: Ticket) -> bool {
        let Phase::HalfOpen(probes) = &mut self.phase else { return false };
        let had_slot = probes.end(ticket.0);
        if had_slot {
            probes.paused.push(ticket.0);
        }
        had_slot
    }

    /// Gives a paused probe a slot, or refuses it. It needs none once it is settled or the breaker is closed.
    pub(in crate::breaker) fn resume(&mut self, ticket: Ticket, now: Instant) -> Result<(), Open> {
        let refusal = match &mut self.phase {
            Phase::Closed => return Ok(()),
            Phase::Open { until } => until.saturating_duration_since(now),
            Phase::HalfOpen(probes) => {
                // A probe that was settled meanwhile, or that belongs to an earlier state, is not among them.
                if !probes.end_pause(ticket.0) {
                    return Ok(());
                }
                if probes.has_room(self.settings.rules.half_open_calls, now) {
                    probes.under_way.push(Lease { probe: ticket.0, until: now + self.settings.probe_lease });
                    return Ok(());
                }
                Duration::ZERO
            }
        };
        self.refuse(refusal).map(drop)
    }

    /// Changes the mode. The machine starts closed, with an empty window.
    pub(in crate::breaker) fn command(&mut self, mode: Mode, now: Instant) -> Option<Transition> {
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

    /// Starts closed, with an empty window, and without a transition. The mode and the totals stay.
    pub(in crate::breaker) fn restart(&mut self, now: Instant) {
        (self.reopened, self.last_failure) = (0, None);
        self.begin(Phase::Closed, now);
    }

    /// Enters `phase`.
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

    fn transition(&mut self, from: State, cause: Cause, counts: WindowCounts) -> Transition {
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

    pub(in crate::breaker) fn state(&self) -> State {
        match (self.mode, &self.phase) {
            (Mode::ForcedOpen, _) => State::Open,
            (_, Phase::Closed) => State::Closed,
            (_, Phase::Open { .. }) => State::Open,
            (_, Phase::HalfOpen(_)) => State::HalfOpen,
        }
    }

    pub(in crate::breaker) fn mode(&self) -> Mode {
        self.mode
    }

    pub(in crate::breaker) fn counts(&mut self, now: Instant) -> WindowCounts {
        self.window.counts(now)
    }

    pub(in crate::breaker) fn totals(&self) -> Totals {
        self.totals
    }

    pub(in crate::breaker) fn last_failure(&self) -> Option<Instant> {
        self.last_failure
    }

    /// The time at which the breaker becomes half-open, if it is open.
    pub(in crate::breaker) fn open_until(&self) -> Option<Instant> {
        match (self.mode, &self.phase) {
            (Mode::Automatic | Mode::MetricsOnly, Phase::Open { until }) => Some(*until),
            _ => None,
        }
    }
}

impl Probes {
    /// Whether another probe may start. Removes probes whose lease has expired.
    fn has_room(&mut self, permits: u32, now: Instant) -> bool {
        self.under_way.retain(|lease| now < lease.until);
        (self.under_way.len() as u64 + u64::from(self.succeeded)) < u64::from(permits)
    }

    /// Ends the pause of `probe`. Returns whether it was paused.
    fn end_pause(&mut self, probe: u64) -> bool {
        let found = self.paused.iter().position(|paused| *paused == probe);
        found.is_some_and(|index| {
            self.paused.swap_remove(index);
            true
        })
    }

    /// Ends the lease of `probe`. Returns whether it had one.
    fn end(&mut self, probe: u64) -> bool {
        self.end_pause(probe);
        let found = self.under_way.iter().position(|lease| lease.probe == probe);
        found.is_some_and(|index| {
            self.under_way.swap_remove(index);
            true
        })
    }
}

impl BreakerSettings {
    /// The cause for which the breaker must open, if there is one.
    #[inline]
    fn verdict(&self, counts: WindowCounts) -> Option<Cause> {
        // Fast path: without failures or slow calls no rate can be reached.
        if counts.failures | counts.slow == 0 || counts.calls < u64::from(self.rules.min_calls) {
            return None;
        }
        let reaches = |part: u64, rate: Ratio| part > 0 && rate.is_reached_by(part, counts.calls);
        if reaches(counts.failures, self.rules.failure_rate) {
            Some(Cause::FailureRate)
        } else if reaches(counts.slow, self.rules.slow_rate) {
            Some(Cause::SlowRate)
        } else {
            None
        }
    }
}

/// `part` divided by `whole`, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
pub(in crate::breaker) fn part(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
