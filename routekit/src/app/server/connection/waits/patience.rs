//! How long the server waits for a client that makes progress.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The resolution of a listener's clock.
pub(in crate::app::server) const TICK: Duration = Duration::from_secs(1);

/// Each byte adds this many milliseconds. So a client that sends or takes less than 250 bytes per second runs out of
/// time, however often it does so.
const MILLIS_PER_BYTE: u64 = 4;

/// The value of a [`ClientDeadline`] that is not set.
const NEVER: u64 = u64::MAX;

/// The time at which the server stops waiting for a client, in milliseconds of the listener's clock.
#[derive(Debug)]
pub(in crate::app::server) struct ClientDeadline(AtomicU64);

impl ClientDeadline {
    pub(in crate::app::server) const fn never() -> Self {
        Self(AtomicU64::new(NEVER))
    }

    pub(in crate::app::server) fn set(&self, at: u64) {
        self.0.store(at, Ordering::Relaxed);
    }

    pub(in crate::app::server) fn clear(&self) {
        self.set(NEVER);
    }

    pub(in crate::app::server) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed) != NEVER
    }

    pub(in crate::app::server) fn is_over(&self, now: u64) -> bool {
        self.0.load(Ordering::Relaxed) <= now
    }
}

/// The time that a client has left to keep the server waiting in one direction.
///
/// It decreases while the server waits, and increases with each byte up to its initial value. Time in which the server
/// does not wait is not counted.
#[derive(Debug)]
pub(in crate::app::server) struct ClientPatience {
    most: u64,
    left: u64,
}

impl ClientPatience {
    pub(in crate::app::server) fn new(most: Duration) -> Self {
        let most = millis(most);
        Self { most, left: most }
    }

    /// The server waits from `now` on. Does nothing if it waited already.
    pub(in crate::app::server) fn wait(&self, deadline: &ClientDeadline, now: u64) {
        if !deadline.is_set() {
            deadline.set(now.saturating_add(self.left));
        }
    }

    /// The client has sent or taken `bytes`. Does nothing if the server did not wait. A client that is late stays so,
    /// unless the bytes are worth more than it is late by: the clock may have moved on while the server was busy.
    pub(in crate::app::server) fn progress(&mut self, deadline: &ClientDeadline, now: u64, bytes: usize) {
        let until = deadline.0.load(Ordering::Relaxed);
        if until == NEVER {
            return;
        }
        let until = until.saturating_add(MILLIS_PER_BYTE.saturating_mul(bytes as u64));
        if until <= now {
            deadline.set(until);
            return;
        }
        self.left = (until - now).min(self.most);
        deadline.clear();
    }
}

/// A duration in milliseconds, and one tick more, since the current tick has already begun.
pub(in crate::app::server) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER).saturating_add(TICK.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_lost_by_waiting_and_earned_by_bytes() {
        let (deadline, mut patience) = (ClientDeadline::never(), ClientPatience::new(Duration::from_secs(29)));
        patience.wait(&deadline, 0);
        patience.wait(&deadline, 10_000);
        assert!(deadline.is_over(30_000) && !deadline.is_over(29_999));
        patience.progress(&deadline, 20_000, 250);
        assert!(!deadline.is_set());
        // Time without a wait costs nothing.
        patience.progress(&deadline, 90_000, 7);
        patience.wait(&deadline, 100_000);
        assert!(deadline.is_over(111_000) && !deadline.is_over(110_999));
        patience.progress(&deadline, 110_000, 1_000_000);
        patience.wait(&deadline, 200_000);
        assert!(deadline.is_over(230_000) && !deadline.is_over(229_999));
    }

    #[test]
    fn bytes_at_the_last_moment_do_not_forgive() {
        let (deadline, mut patience) = (ClientDeadline::never(), ClientPatience::new(Duration::from_secs(9)));
        let late = (1..100).find(|second| {
            patience.wait(&deadline, (second - 1) * 1000);
            patience.progress(&deadline, second * 1000, 100);
            deadline.is_over(second * 1000)
        });
        // Of ten seconds, each second costs one and earns 0.4.
        assert_eq!(late, Some(17));
        // A steady client is in time again, however late the server has noticed.
        patience.progress(&deadline, 60_000, 64 * 1024);
        assert!(!deadline.is_set());
    }
}
