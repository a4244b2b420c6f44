//! The breaker as programs hold it.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use super::{
    CallError, CircuitBreakerBuilder, Mode, Open, Outcome, Permit, Snapshot, State, Transition,
    gate::Gate,
    settings::Settings,
    state::{Ticket, Totals},
};
use crate::{clock::Clock, route::Window};

/// A circuit breaker. A clone is the same breaker. See the [module docs](crate::breaker).
#[derive(Clone)]
pub struct CircuitBreaker(Arc<Inner>);

/// A breaker that goes when nobody calls through it any more.
#[derive(Clone)]
pub(crate) struct WeakBreaker(Weak<Inner>);

impl WeakBreaker {
    pub(crate) fn upgrade(&self) -> Option<CircuitBreaker> {
        self.0.upgrade().map(CircuitBreaker)
    }
}

pub(super) type Listener = Box<dyn Fn(&Transition) + Send + Sync>;

pub(super) struct Inner {
    name: String,
    settings: Settings,
    /// Whether each outcome needs to know what time it is.
    timed: bool,
    clock: Clock,
    gate: Gate,
    listeners: Vec<Listener>,
}

impl Inner {
    pub(super) fn new(name: String, settings: Settings, clock: Clock, listeners: Vec<Listener>) -> Self {
        let gate = Gate::new(settings, clock.now());
        let timed = matches!(settings.rules.window, Window::Time(_)) || settings.rules.slow_call.is_some();
        Self { name, settings, timed, clock, gate, listeners }
    }
}

impl CircuitBreaker {
    /// One of this name, which logs and metrics call it by.
    pub fn builder(name: impl Into<String>) -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new(name.into())
    }

    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Makes a call, unless the breaker is open. `Err` of the call is a failure, `Ok` a success; a panic is a failure, and one that is dropped before its end is neutral: a limit of time
    /// belongs inside the call.
    ///
    /// # Errors
    /// [`CallError::Open`] where it was not made, else what the call itself failed with.
    ///
    /// # Example
    /// ```
    /// # use routekit::breaker::{CallError, CircuitBreaker};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let breaker = CircuitBreaker::builder("payments").window(10_u32).build().unwrap();
    /// for _ in 0..10 {
    ///     assert_eq!(breaker.call(|| async { Err::<(), _>("down") }).await, Err(CallError::Failed("down")));
    /// }
    /// assert!(matches!(breaker.call(|| async { Ok::<_, &str>(()) }).await, Err(CallError::Open(_))));
    /// # }
    /// ```
    pub async fn call<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_judged(call, |result| if result.is_ok() { Outcome::Success } else { Outcome::Failure }).await
    }

    /// The same where `judge` says how the call ended: an `Ok` may be a response of 500, an `Err` the caller's own fault.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_judged<T, E, F>(
        &self,
        call: impl FnOnce() -> F,
        judge: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let permit = self.try_acquire()?;
        let result = call().await;
        permit.settle(judge(&result));
        result.map_err(CallError::Failed)
    }

    /// Asks whether a call may be made. Whoever has the permit says how the call ended.
    ///
    /// # Errors
    /// Where it may not.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<&Self>, Open> {
        let (ticket, start) = self.admit()?;
        Ok(Permit::new(self, ticket, start))
    }

    /// The same with a permit that borrows nothing.
    ///
    /// # Errors
    /// Where it may not.
    pub fn try_acquire_owned(&self) -> Result<Permit, Open> {
        let (ticket, start) = self.admit()?;
        Ok(Permit::new(self.clone(), ticket, start))
    }

    #[inline(always)]
    fn admit(&self) -> Result<(Ticket, Option<Instant>), Open> {
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
                let (admitted, transition) = inner.gate.admit(|| inner.clock.now());
                if let Some(transition) = transition {
                    self.tell(&transition);
                }
                admitted?
            }
        };
        Ok((ticket, inner.settings.rules.slow_call.map(|_| inner.clock.now())))
    }

    #[inline]
    pub(super) fn settle(&self, ticket: Ticket, outcome: Outcome, start: Option<Instant>) {
        if self.0.timed || outcome != Outcome::Success || !self.0.gate.succeed(ticket) {
            self.settle_others(ticket, outcome, start);
        }
    }

    #[inline(never)]
    fn settle_others(&self, ticket: Ticket, outcome: Outcome, start: Option<Instant>) {
        let Inner { gate, clock, timed, .. } = &*self.0;
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

    /// What it does with calls. An open one is half-open with the first call after its time.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.gate.read(|machine| machine.state())
    }

    /// How it is.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.gate.read(|machine| Snapshot::of(&self.0.name, machine, &self.0.clock))
    }

    pub(crate) fn downgrade(&self) -> WeakBreaker {
        WeakBreaker(Arc::downgrade(&self.0))
    }

    pub(crate) fn totals(&self) -> Totals {
        self.0.gate.read(|machine| machine.totals())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Lets no call through, until somebody says otherwise.
    pub fn force_open(&self) {
        self.command(Mode::ForcedOpen);
    }

    /// Lets all calls through and counts them, until somebody says otherwise.
    pub fn force_closed(&self) {
        self.command(Mode::ForcedClosed);
    }

    /// Lets all calls through as though there were no breaker, until somebody says otherwise.
    pub fn disable(&self) {
        self.command(Mode::Disabled);
    }

    /// Lets all calls through, and only shows in its state and its transitions what it would do, until somebody says otherwise: to try settings out where a refused call would cost.
    pub fn metrics_only(&self) {
        self.command(Mode::MetricsOnly);
    }

    /// Begins anew: closed, with nothing in the window, and by itself again. What was counted since the program started stays.
    pub fn reset(&self) {
        self.command(Mode::Automatic);
    }

    pub(crate) fn command(&self, mode: Mode) {
        if let Some(transition) = self.0.gate.command(mode, self.0.clock.now()) {
            self.tell(&transition);
        }
    }

    /// Once for each change, as only one call is told of it by the state machine; and never under its lock.
    fn tell(&self, transition: &Transition) {
        let Transition { from, to, mode, cause, failure_rate, slow_rate, calls, number } = *transition;
        let (breaker, cause) = (self.name(), cause.as_str());
        macro_rules! log {
            ($level:expr) => {
                tracing::event!(
                    $level, breaker, %from, %to, %mode, cause, failure_rate, slow_rate, calls, number,
                    "a circuit breaker has changed"
                )
            };
        }
        if to == State::Open {
            log!(tracing::Level::WARN);
        } else {
            log!(tracing::Level::INFO);
        }
        // One that panics must lose no permit of whoever has made this call, nor end a process that panics already. Its message has gone to the panic hook.
        let tell_all = AssertUnwindSafe(|| self.0.listeners.iter().for_each(|listener| listener(transition)));
        drop(catch_unwind(tell_all));
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
