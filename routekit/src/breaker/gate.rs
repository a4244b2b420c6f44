//! The state machine, shared by threads.
//!
//! Whether all calls pass is in one word, which is all that a call asks while the breaker is closed. Everything else is behind a lock, which is
//! held for some ten nanoseconds, and by the calls of this breaker alone.

use std::time::{Duration, Instant};

use super::{
    Mode, Open, Outcome, Transition,
    settings::Settings,
    state::{Machine, Standing, Ticket},
    sync::{AtomicU64, Mutex, MutexGuard, Ordering, PoisonError},
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

impl Gate {
    pub(super) fn new(settings: Settings, now: Instant) -> Self {
        let machine = Machine::new(settings, now);
        Self { standing: AtomicU64::new(encode(machine.standing())), machine: Mutex::new(machine) }
    }

    /// Lets a call through, or not; and what has changed by its asking.
    pub(super) fn admit(&self, now: impl Fn() -> Instant) -> (Result<Ticket, Open>, Option<Transition>) {
        // Whoever reads an older word has a ticket of an older generation, which is all that is wrong with it. Nothing else is read by this.
        let standing = self.standing.load(Ordering::Relaxed);
        match standing & ((1 << KIND_BITS) - 1) {
            PASSING => (Ok(Ticket::of(standing >> KIND_BITS)), None),
            UNTRACKED => (Ok(Ticket::UNTRACKED), None),
            _ => {
                let now = now();
                self.change(|machine| machine.admit(now))
            }
        }
    }

    /// A call has ended.
    pub(super) fn settle(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        took: Duration,
        now: impl Fn() -> Instant,
    ) -> Option<Transition> {
        self.change(|machine| {
            let transition = machine.settle(ticket, outcome, took, now);
            (transition, transition)
        })
        .1
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

    fn change<T>(&self, change: impl FnOnce(&mut Machine) -> (T, Option<Transition>)) -> (T, Option<Transition>) {
        let mut machine = self.lock();
        let (result, transition) = change(&mut machine);
        if transition.is_some() {
            self.standing.store(encode(machine.standing()), Ordering::Relaxed);
        }
        (result, transition)
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        // Nothing in there panics halfway.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn encode(standing: Standing) -> u64 {
    match standing {
        Standing::Asking => ASKING,
        Standing::Untracked => UNTRACKED,
        Standing::Passing(generation) => generation << KIND_BITS | PASSING,
    }
}
