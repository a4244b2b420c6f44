//! The timers of a manual clock.

use std::{
    collections::BTreeMap,
    task::{Poll, Waker},
};

use parking_lot::Mutex;

/// Wakers by the number of their timer. Times are nanoseconds since the start of the clock.
#[derive(Debug, Default)]
pub(super) struct Timers(Mutex<PendingTimers>);

#[derive(Debug, Default)]
struct PendingTimers {
    numbered: u64,
    wakers: BTreeMap<u64, (u64, Waker)>,
}

impl Timers {
    /// Returns the number of a new timer.
    pub(super) fn number(&self) -> u64 {
        let mut waiting = self.0.lock();
        waiting.numbered += 1;
        waiting.numbered
    }

    /// Wakes `waker` at `until`, unless the clock has reached that time already. `now` is read under the lock that
    /// [`wake`](Self::wake) takes after the clock has moved, so no timer is missed.
    pub(super) fn poll(&self, number: u64, until: u64, waker: &Waker, now: impl Fn() -> u64) -> Poll<()> {
        let mut waiting = self.0.lock();
        if now() >= until {
            waiting.wakers.remove(&number);
            return Poll::Ready(());
        }
        waiting.wakers.insert(number, (until, waker.clone()));
        Poll::Pending
    }

    pub(super) fn remove(&self, number: u64) {
        self.0.lock().wakers.remove(&number);
    }

    /// Wakes all timers that the clock has reached.
    pub(super) fn wake(&self, now: impl Fn() -> u64) {
        let due: Vec<Waker> = {
            let mut waiting = self.0.lock();
            let now = now();
            let (due, left) =
                std::mem::take(&mut waiting.wakers).into_iter().partition(|(_, (until, _))| *until <= now);
            waiting.wakers = left;
            let due: BTreeMap<u64, (u64, Waker)> = due;
            due.into_values().map(|(_, waker)| waker).collect()
        };
        due.into_iter().for_each(Waker::wake);
    }
}
