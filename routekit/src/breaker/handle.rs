//! The handle of a circuit breaker.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use super::{
    machine::{BreakerGate, BreakerSettings, Mode, Open, State, Ticket, Totals, Transition},
    snapshot::BreakerSnapshot,
};
use crate::{
    base::{clock::Clock, entered::BreakerId},
    route::{Outcome, Window},
};

/// A circuit breaker. Clones share the same state. See the [module docs](crate::breaker).
#[doc(alias = "circuit breaker")]
#[derive(Clone)]
pub struct CircuitBreaker(Arc<BreakerInner>);

/// A weak reference to a breaker.
#[derive(Clone)]
pub(crate) struct WeakBreaker(Weak<BreakerInner>);

impl WeakBreaker {
    pub(crate) fn upgrade(&self) -> Option<CircuitBreaker> {
        self.0.upgrade().map(CircuitBreaker)
    }
}

static SYSTEM: Clock = Clock::system();

pub(super) type TransitionListener = Box<dyn Fn(&Transition) + Send + Sync>;

pub(super) struct BreakerInner {
    id: BreakerId,
    name: String,
    settings: BreakerSettings,
    /// Whether counting an outcome needs the time: windows of time and slow calls do.
    timed: bool,
    /// Unset for the system's clock.
    clock: OnceLock<Clock>,
    gate: BreakerGate,
    listeners: Vec<TransitionListener>,
}

impl BreakerInner {
    pub(super) fn new(
        name: String,
        settings: BreakerSettings,
        clock: Option<Clock>,
        listeners: Vec<TransitionListener>,
    ) -> Self {
        let gate = BreakerGate::new(settings, clock.as_ref().unwrap_or(&SYSTEM).now());
        let timed = matches!(settings.rules.window, Window::Time(_)) || settings.rules.slow_call.is_some();
        Self {
            id: BreakerId::next(),
            name,
            settings,
            timed,
            clock: clock.map(OnceLock::from).unwrap_or_default(),
            gate,
            listeners,
        }
    }

    fn clock(&self) -> &Clock {
        self.clock.get().unwrap_or(&SYSTEM)
    }
}

impl CircuitBreaker {
    pub(super) fn new(inner: Arc<BreakerInner>) -> Self {
        Self(inner)
    }

    /// Returns the name of the breaker.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn id(&self) -> BreakerId {
        self.0.id
    }

    /// Admits or refuses a call. A call within a call of this breaker passes, and is not counted.
    #[inline(always)]
    pub(super) fn admit(&self) -> Result<(Ticket, Option<Instant>), Open> {
        if self.0.id.is_entered() {
            return Ok((Ticket::UNTRACKED, None));
        }
        match self.0.gate.pass() {
            Some(ticket) if self.0.settings.rules.slow_call.is_none() => Ok((ticket, None)),
            passed => self.admit_others(passed),
        }
    }

    #[inline(never)]
    fn admit_others(&self, passed: Option<Ticket>) -> Result<(Ticket, Option<Instant>), Open> {
        let inner = &*self.0;
        let ticket = match passed {
            Some(ticket) => ticket,
            None => {
                let (admitted, transition) = inner.gate.admit(|| inner.clock().now());
                if let Some(transition) = transition {
                    self.tell(&transition);
                }
                admitted?
            }
        };
        Ok((ticket, inner.settings.rules.slow_call.map(|_| inner.clock().now())))
    }

    #[inline]
    pub(super) fn settle(&self, ticket: Ticket, outcome: Outcome, start: Option<Instant>) {
        if self.0.timed || outcome != Outcome::Success || !self.0.gate.succeed(ticket) {
            self.settle_others(ticket, outcome, start);
        }
    }

    #[inline(never)]
    fn settle_others(&self, ticket: Ticket, outcome: Outcome, start: Option<Instant>) {
        let BreakerInner { gate, timed, .. } = &*self.0;
        let clock = self.0.clock();
        let transition = if *timed {
            let now = clock.now();
            let took = start.map_or(Duration::ZERO, |start| now.saturating_duration_since(start));
            gate.settle(ticket, outcome, took, || now)
        } else {
            gate.settle(ticket, outcome, Duration::ZERO, || clock.now())
        };
        if let Some(transition) = transition {
            self.tell(&transition);
        }
    }

    /// Frees the slot of a probe. Returns whether it had one.
    pub(super) fn pause(&self, ticket: Ticket) -> bool {
        self.0.gate.pause(ticket)
    }

    /// Gives a paused probe a slot, or refuses it.
    pub(super) fn resume(&self, ticket: Ticket) -> Result<(), Open> {
        self.0.gate.resume(ticket, self.now())
    }

    pub(super) fn now(&self) -> Instant {
        self.0.clock().now()
    }

    /// Returns the current state. An open breaker becomes half-open at the first call after `open_for`, not before.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.gate.read(|machine| machine.state())
    }

    /// Returns the state, the counts of the window and the totals.
    #[must_use]
    pub fn snapshot(&self) -> BreakerSnapshot {
        self.0.gate.read(|machine| BreakerSnapshot::of(&self.0.name, machine, self.0.clock()))
    }

    /// Measures time with the manual clock of an app from now on, closed and with an empty window, unless the program
    /// or another app has set a clock.
    pub(crate) fn adopt_clock(&self, clock: &Clock) {
        if clock.is_manual() && self.0.clock.set(clock.clone()).is_ok() {
            self.0.gate.restart(clock.now());
        }
    }

    pub(crate) fn downgrade(&self) -> WeakBreaker {
        WeakBreaker(Arc::downgrade(&self.0))
    }

    pub(crate) fn totals(&self) -> Totals {
        self.0.gate.read(|machine| machine.totals())
    }

    pub(crate) fn settings(&self) -> &BreakerSettings {
        &self.0.settings
    }

    /// Refuses all calls until the mode is changed again.
    pub fn force_open(&self) {
        self.command(Mode::ForcedOpen);
    }

    /// Lets all calls through and counts them, until the mode is changed again.
    pub fn force_closed(&self) {
        self.command(Mode::ForcedClosed);
    }

    /// Lets all calls through and counts none, until the mode is changed again.
    pub fn disable(&self) {
        self.command(Mode::Disabled);
    }

    /// Lets all calls through, but counts them and changes state as usual, until the mode is changed again.
    ///
    /// State, transitions and logs show when the breaker would have opened. Use it to try out settings without refusing
    /// calls.
    pub fn metrics_only(&self) {
        self.command(Mode::MetricsOnly);
    }

    /// Closes the breaker with an empty window and returns to [`Mode::Automatic`]. Totals are kept.
    pub fn reset(&self) {
        self.command(Mode::Automatic);
    }

    pub(crate) fn command(&self, mode: Mode) {
        if let Some(transition) = self.0.gate.command(mode, self.0.clock().now()) {
            self.tell(&transition);
        }
    }

    /// Logs a transition and calls the listeners. The state machine reports each transition to one call only, and this
    /// runs outside its lock.
    fn tell(&self, transition: &Transition) {
        let Transition { from, to, mode, cause, failure_rate, slow_rate, calls, number } = *transition;
        let (breaker, cause) = (self.name(), cause.as_str());
        macro_rules! log {
            ($level:expr) => {
                tracing::event!(
                    $level, breaker, %from, %to, %mode, cause, failure_rate, slow_rate, calls, number,
                    "circuit breaker changed state"
                )
            };
        }
        if to == State::Open {
            log!(tracing::Level::WARN);
        } else {
            log!(tracing::Level::INFO);
        }
        // A panic of a listener must neither lose the permit of this call, nor keep the others from being called, nor
        // abort a process that is already unwinding. The panic hook has printed its message.
        for listener in &self.0.listeners {
            drop(catch_unwind(AssertUnwindSafe(|| listener(transition))));
        }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.0.name)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
