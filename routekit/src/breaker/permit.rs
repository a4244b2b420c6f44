use std::{
    borrow::Borrow,
    fmt, thread,
    time::{Duration, Instant},
};

use super::{
    handle::CircuitBreaker,
    machine::{Open, Ticket},
};
use crate::{base::entered::Entered, route::Outcome};

/// A permit for one call, granted by a [`CircuitBreaker`].
///
/// Report the outcome once. A permit that is dropped without an outcome counts as neutral, and a probe frees its slot.
/// A permit that is dropped by a panic counts as a failure.
#[must_use = "a permit that is dropped counts nothing"]
pub struct Permit<B: Borrow<CircuitBreaker> = CircuitBreaker> {
    breaker: B,
    ticket: Ticket,
    /// The start of the call; `None` if its duration does not matter.
    start: Option<Instant>,
}

impl<B: Borrow<CircuitBreaker>> Permit<B> {
    pub(super) fn new(breaker: B, ticket: Ticket, start: Option<Instant>) -> Self {
        Self { breaker, ticket, start }
    }

    /// Enters the call, for as long as it is polled, so that a call through the same breaker within it is not counted.
    pub(super) fn enter(&self) -> Option<Entered> {
        (self.ticket != Ticket::UNTRACKED).then(|| self.breaker.borrow().id().enter())
    }

    /// Reports a success.
    #[inline]
    pub fn success(self) {
        self.settle(Outcome::Success);
    }

    /// Reports a failure.
    #[inline]
    pub fn failure(self) {
        self.settle(Outcome::Failure);
    }

    /// Reports this outcome.
    #[inline]
    pub fn settle(mut self, outcome: Outcome) {
        let ticket = std::mem::replace(&mut self.ticket, Ticket::UNTRACKED);
        if ticket != Ticket::UNTRACKED {
            self.breaker.borrow().settle(ticket, outcome, self.start);
        }
    }
}

impl Permit {
    /// The pauses of this call.
    pub(super) fn pauses(&self) -> Pauses {
        Pauses {
            breaker: self.breaker.clone(),
            ticket: self.ticket,
            timed: self.start.is_some(),
            slot_lost: false,
            since: None,
            total: Duration::ZERO,
        }
    }

    /// Takes the pauses off the duration of the call.
    pub(super) fn subtract(&mut self, pauses: &Pauses) {
        if let Some(start) = &mut self.start {
            *start += pauses.total();
        }
    }
}

/// The times in which a call waits for its client and not for the dependency. They do not count as its duration, and a
/// probe has no slot in them.
#[derive(Debug)]
pub(super) struct Pauses {
    breaker: CircuitBreaker,
    ticket: Ticket,
    /// Whether the duration of the call matters.
    timed: bool,
    slot_lost: bool,
    since: Option<Instant>,
    total: Duration,
}

impl Pauses {
    pub(super) fn begin(&mut self) {
        self.slot_lost = self.breaker.pause(self.ticket);
        self.since = self.timed.then(|| self.breaker.now());
    }

    /// `Err` if the call must not go on: it was a probe, and others have the slots now.
    pub(super) fn end(&mut self) -> Result<(), Open> {
        self.total = self.total();
        self.since = None;
        if std::mem::take(&mut self.slot_lost) { self.breaker.resume(self.ticket) } else { Ok(()) }
    }

    fn total(&self) -> Duration {
        self.total + self.since.map_or(Duration::ZERO, |since| self.breaker.now().saturating_duration_since(since))
    }
}

impl<B: Borrow<CircuitBreaker>> Drop for Permit<B> {
    #[inline]
    fn drop(&mut self) {
        if self.ticket != Ticket::UNTRACKED {
            abandon(self.breaker.borrow(), self.ticket, self.start);
        }
    }
}

#[cold]
fn abandon(breaker: &CircuitBreaker, ticket: Ticket, start: Option<Instant>) {
    breaker.settle(ticket, if thread::panicking() { Outcome::Failure } else { Outcome::Neutral }, start);
}

impl<B: Borrow<CircuitBreaker>> fmt::Debug for Permit<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("breaker", &self.breaker.borrow().name()).finish_non_exhaustive()
    }
}
