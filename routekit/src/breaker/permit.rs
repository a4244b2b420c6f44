use std::{borrow::Borrow, fmt, thread, time::Instant};

use super::{CircuitBreaker, Outcome, state::Ticket};

/// One call that a [`CircuitBreaker`] has let through.
///
/// Say how it ended, once. Dropped without a word it is neutral: nothing is counted, and a probe gives its permit back; dropped by a panic it is a failure.
#[must_use = "dropped, it says that nobody knows how the call ended"]
pub struct Permit<B: Borrow<CircuitBreaker> = CircuitBreaker> {
    breaker: B,
    ticket: Ticket,
    /// Where it matters how long the call takes.
    start: Option<Instant>,
}

impl<B: Borrow<CircuitBreaker>> Permit<B> {
    pub(super) fn new(breaker: B, ticket: Ticket, start: Option<Instant>) -> Self {
        Self { breaker, ticket, start }
    }

    /// What was called is well.
    #[inline]
    pub fn success(self) {
        self.settle(Outcome::Success);
    }

    /// It is not.
    #[inline]
    pub fn failure(self) {
        self.settle(Outcome::Failure);
    }

    /// How the call ended.
    #[inline]
    pub fn settle(mut self, outcome: Outcome) {
        let ticket = std::mem::replace(&mut self.ticket, Ticket::UNTRACKED);
        if ticket != Ticket::UNTRACKED {
            self.breaker.borrow().settle(ticket, outcome, self.start);
        }
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
