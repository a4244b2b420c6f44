//! The state machine, shared by threads.
//!
//! Whether all calls pass is in one word, which is all that a call asks while the breaker is closed. Everything else is behind a lock, which is
//! held for some ten nanoseconds, and by the calls of this breaker alone.

use std::time::{Duration, Instant};

use super::{
    Mode, Open, Outcome, Transition,
    settings::Settings,
    state::{Machine, Standing, Ticket},
    sync::{AtomicU64, Mutex, MutexGuard, Ordering, lock},
};

/// A shared [`Machine`].
#[derive(Debug)]
pub(super) struct Gate {
    /// Its [`Standing`]; written under the lock, read without.
    standing: AtomicU64,
    machine: Mutex<Machine>,
}

const ASKING: u64 = 0;
const PASSING: u64 = 1;
const UNTRACKED: u64 = 2;
/// A generation stands above these bits.
const KIND_BITS: u32 = 2;
const KIND: u64 = (1 << KIND_BITS) - 1;

impl Gate {
    pub(super) fn new(settings: Settings, now: Instant) -> Self {
        let machine = Machine::new(settings, now);
        Self { standing: AtomicU64::new(encode(machine.standing())), machine: Mutex::new(machine) }
    }

    /// Lets a call through where all pass and are counted, which is all that a closed breaker is asked.
    #[inline(always)]
    pub(super) fn pass(&self) -> Option<Ticket> {
        // Whoever reads an older word has a ticket of an older generation, which is all that is wrong with it. Nothing else is read by this.
        let standing = self.standing.load(Ordering::Relaxed);
        (standing & KIND == PASSING).then_some(Ticket::of(standing >> KIND_BITS))
    }

    /// Lets a call through, or not; and what has changed by its asking.
    pub(super) fn admit(&self, now: impl Fn() -> Instant) -> (Result<Ticket, Open>, Option<Transition>) {
        if self.standing.load(Ordering::Relaxed) & KIND == UNTRACKED {
            return (Ok(Ticket::UNTRACKED), None);
        }
        let now = now();
        let mut machine = self.lock();
        let (admitted, transition) = machine.admit(now);
        self.publish(&machine, transition);
        (admitted, transition)
    }

    /// A call has succeeded for which time does not matter. `false` where it is to be settled as others are.
    #[inline(always)]
    pub(super) fn succeed(&self, ticket: Ticket) -> bool {
        self.lock().succeed(ticket)
    }

    /// A call has ended.
    #[inline]
    pub(super) fn settle(
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

    pub(super) fn command(&self, mode: Mode, now: Instant) -> Option<Transition> {
        let mut machine = self.lock();
        let transition = machine.command(mode, now);
        // A new generation, also where nothing else is new.
        self.standing.store(encode(machine.standing()), Ordering::Relaxed);
        transition
    }

    /// Whatever can be known of it.
    pub(super) fn read<T>(&self, read: impl FnOnce(&mut Machine) -> T) -> T {
        read(&mut self.lock())
    }

    /// Tells those who do not ask what has changed.
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

fn encode(standing: Standing) -> u64 {
    match standing {
        Standing::Asking => ASKING,
        Standing::Untracked => UNTRACKED,
        Standing::Passing(generation) => generation << KIND_BITS | PASSING,
    }
}
