//! The state machine, shared between threads.
//!
//! One atomic word states whether every call passes. A call through a closed breaker reads nothing else before it runs.
//! The rest is behind a lock that is private to this breaker and held for some ten nanoseconds.

use std::time::{Duration, Instant};

use super::{
    open::Open,
    settings::BreakerSettings,
    state::{Admission, Machine, Ticket},
    sync::{AtomicU64, Mutex, MutexGuard, Ordering, lock},
    transition::{Mode, Transition},
};
use crate::route::Outcome;

/// A [`Machine`] that threads share.
#[derive(Debug)]
pub(in crate::breaker) struct BreakerGate {
    /// The [`Admission`] of the machine. Written under the lock, read without it.
    standing: AtomicU64,
    machine: Mutex<Machine>,
}

const ASKING: u64 = 0;
const PASSING: u64 = 1;
const UNTRACKED: u64 = 2;
/// The bits above these hold the generation.
const KIND_BITS: u32 = 2;
const KIND: u64 = (1 << KIND_BITS) - 1;

impl BreakerGate {
    pub(in crate::breaker) fn new(settings: BreakerSettings, now: Instant) -> Self {
        let machine = Machine::new(settings, now);
        Self { standing: AtomicU64::new(encode(machine.standing())), machine: Mutex::new(machine) }
    }

    /// Admits a call if all calls pass and are counted. A closed breaker needs nothing more.
    #[inline(always)]
    pub(in crate::breaker) fn pass(&self) -> Option<Ticket> {
        // Relaxed is enough: no other memory is read because of this load. A stale word yields a ticket of an older
        // generation, whose outcome is then ignored.
        let standing = self.standing.load(Ordering::Relaxed);
        (standing & KIND == PASSING).then_some(Ticket::of(standing >> KIND_BITS))
    }

    /// Admits or refuses a call. Returns the transition that this caused, if any.
    pub(in crate::breaker) fn admit(&self, now: impl Fn() -> Instant) -> (Result<Ticket, Open>, Option<Transition>) {
        if self.standing.load(Ordering::Relaxed) & KIND == UNTRACKED {
            return (Ok(Ticket::UNTRACKED), None);
        }
        let now = now();
        let mut machine = self.lock();
        let (admitted, transition) = machine.admit(now);
        self.publish(&machine, transition);
        (admitted, transition)
    }

    /// Counts a success whose duration does not matter. Returns `false`, and counts nothing, if the call needs
    /// [`settle`](Self::settle).
    #[inline(always)]
    pub(in crate::breaker) fn succeed(&self, ticket: Ticket) -> bool {
        self.lock().succeed(ticket)
    }

    /// Counts a call that has ended.
    #[inline]
    pub(in crate::breaker) fn settle(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        took: Duration,
        now: impl Fn() -> Instant,
    ) -> Option<Transition> {
        let mut machine = self.lock();
        let transition = machine.settle(ticket, outcome, took, now)?;
        self.publish(&machine, Some(transition));
        Some(transition)
    }

    /// Frees the slot of a probe. Returns whether it had one.
    pub(in crate::breaker) fn pause(&self, ticket: Ticket) -> bool {
        // Calls through a closed breaker have no slots. A stale word leaves a probe its slot until its lease ends.
        self.standing.load(Ordering::Relaxed) & KIND == ASKING && self.lock().pause(ticket)
    }

    /// Gives a paused probe a slot, or refuses it.
    pub(in crate::breaker) fn resume(&self, ticket: Ticket, now: Instant) -> Result<(), Open> {
        self.lock().resume(ticket, now)
    }

    pub(in crate::breaker) fn command(&self, mode: Mode, now: Instant) -> Option<Transition> {
        let mut machine = self.lock();
        let transition = machine.command(mode, now);
        // A command always begins a new generation, even if the state stays the same.
        self.standing.store(encode(machine.standing()), Ordering::Relaxed);
        transition
    }

    /// Forgets everything that was measured with another clock.
    pub(in crate::breaker) fn restart(&self, now: Instant) {
        let mut machine = self.lock();
        machine.restart(now);
        self.standing.store(encode(machine.standing()), Ordering::Relaxed);
    }

    /// Reads from the machine under the lock.
    pub(in crate::breaker) fn read<T>(&self, read: impl FnOnce(&mut Machine) -> T) -> T {
        read(&mut self.lock())
    }

    /// Publishes the new [`Admission`] after a transition.
    fn publish(&self, machine: &Machine, transition: Option<Transition>) {
        if transition.is_some() {
            self.standing.store(encode(machine.standing()), Ordering::Relaxed);
        }
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Machine> {
        lock(&self.machine)
    }
}

fn encode(standing: Admission) -> u64 {
    match standing {
        Admission::Ask => ASKING,
        Admission::Untracked => UNTRACKED,
        Admission::Pass(generation) => generation << KIND_BITS | PASSING,
    }
}
