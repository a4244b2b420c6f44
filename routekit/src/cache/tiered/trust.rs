//! Whether memory may answer.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::cache::{
    redis::{feed::FeedHeartbeat, timeline::EpochId},
    validity::stamp::Stamp,
};

/// How far the invalidations of all processes have been received, and until when memory may answer.
#[derive(Debug)]
pub(super) struct FeedTrust {
    lease: Duration,
    base: Instant,
    /// The stamp up to which everything has been received.
    received: AtomicU64,
    /// Until when memory may answer, in nanoseconds after `base`.
    until: AtomicU64,
    /// When everything had been received for the last time, in nanoseconds after `base`; 0 if never.
    confirmed: AtomicU64,
    /// The last number that was received without a gap, and its epoch.
    position: Mutex<Option<(EpochId, u64)>>,
}

impl FeedTrust {
    pub(super) fn new(lease: Duration, now: Instant) -> Self {
        Self {
            lease,
            // A clock that a test moves may go back to its start.
            base: now.checked_sub(Duration::from_secs(1)).unwrap_or(now),
            received: AtomicU64::new(0),
            until: AtomicU64::new(0),
            confirmed: AtomicU64::new(0),
            position: Mutex::new(None),
        }
    }

    /// Whether memory may answer at this time. `latest` is the latest stamp that this process has seen: memory must not
    /// be behind what Redis has answered already, so that no client sees a change and then the state before it.
    pub(super) fn allows(&self, now: Instant, latest: Stamp) -> bool {
        self.nanos(now) < self.until.load(Ordering::SeqCst) && latest.number() <= self.received.load(Ordering::SeqCst)
    }

    /// When everything had been received for the last time.
    pub(super) fn confirmed(&self) -> Option<Instant> {
        let nanos = self.confirmed.load(Ordering::SeqCst);
        (nanos > 0).then(|| self.base + Duration::from_nanos(nanos))
    }

    /// Records a message. `record` gets whether one is missing before it, and returns its stamp; `None` if the message
    /// belongs to an epoch that is not known.
    pub(super) fn receive(
        &self,
        epoch: EpochId,
        (number, before): (u64, u64),
        record: impl FnOnce(bool) -> Option<Stamp>,
    ) {
        let mut position = self.position.lock();
        let is_gap = *position != Some((epoch, before));
        match record(is_gap) {
            Some(stamp) => {
                *position = Some((epoch, number));
                self.received.fetch_max(stamp.number(), Ordering::SeqCst);
            }
            None => self.forget(&mut position),
        }
    }

    /// Records the answer to a heartbeat. `empty` is called if a message is missing.
    pub(super) fn confirm(&self, heartbeat: FeedHeartbeat, empty: impl FnOnce()) {
        let FeedHeartbeat { sent, epoch, number, stamp } = heartbeat;
        let mut position = self.position.lock();
        // Messages that follow the answer may have been received before it was read.
        if !position.is_some_and(|(of, last)| of == epoch && last >= number) {
            empty();
            *position = Some((epoch, number));
        }
        self.received.fetch_max(stamp.number(), Ordering::SeqCst);
        self.confirmed.store(self.nanos(sent).max(1), Ordering::SeqCst);
        self.until.store(self.nanos(sent + self.lease), Ordering::SeqCst);
    }

    /// Something was received that is not understood: memory must not answer until the next heartbeat.
    pub(super) fn lose(&self) {
        self.forget(&mut self.position.lock());
    }

    fn forget(&self, position: &mut Option<(EpochId, u64)>) {
        *position = None;
        self.until.store(0, Ordering::SeqCst);
    }

    fn nanos(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.base);
        since.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(since.subsec_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    const A: EpochId = [1; 16];
    const B: EpochId = [2; 16];
    const LEASE: Duration = Duration::from_secs(1);

    fn confirm(trust: &FeedTrust, number: u64, sent: Instant) -> bool {
        let mut emptied = false;
        trust.confirm(FeedHeartbeat { sent, epoch: A, number, stamp: Stamp::new(number) }, || emptied = true);
        emptied
    }

    /// Whether memory may answer if Redis has answered with nothing later.
    fn allows(trust: &FeedTrust, now: Instant) -> bool {
        trust.allows(now, Stamp::new(0))
    }

    fn receive(trust: &FeedTrust, epoch: EpochId, numbers: (u64, u64)) -> bool {
        let mut gap = None;
        trust.receive(epoch, numbers, |is_gap| {
            gap = Some(is_gap);
            Some(Stamp::new(numbers.0))
        });
        gap.expect("it is recorded")
    }

    #[test]
    fn memory_answers_for_a_lease_after_a_heartbeat_was_sent() {
        let clock = ManualClock::new();
        let trust = FeedTrust::new(LEASE, clock.now());
        assert!(!allows(&trust, clock.now()) && trust.confirmed().is_none());
        let sent = clock.now();
        clock.advance(LEASE / 2);
        assert!(confirm(&trust, 10, sent), "what was in memory before is not known to be valid");
        assert!(allows(&trust, clock.now()));
        assert_eq!(trust.confirmed(), Some(sent));
        clock.advance(LEASE / 2);
        assert!(!allows(&trust, clock.now()), "a lease after it was sent, not after it was answered");
    }

    #[test]
    fn a_message_or_a_heartbeat_shows_that_one_is_missing() {
        let clock = ManualClock::new();
        let trust = FeedTrust::new(LEASE, clock.now());
        confirm(&trust, 10, clock.now());
        assert!(!receive(&trust, A, (11, 10)), "in order");
        assert!(!confirm(&trust, 11, clock.now()));
        assert!(!receive(&trust, A, (12, 11)));
        assert!(!confirm(&trust, 11, clock.now()), "it was answered before the last message");
        assert!(receive(&trust, A, (15, 13)), "13 is missing");
        assert!(!receive(&trust, A, (16, 15)));
        assert!(confirm(&trust, 17, clock.now()), "17 is missing");
        assert!(receive(&trust, B, (5, 0)), "another epoch");
    }

    #[test]
    fn memory_does_not_answer_before_it_has_what_redis_has_answered() {
        let clock = ManualClock::new();
        let trust = FeedTrust::new(LEASE, clock.now());
        confirm(&trust, 10, clock.now());
        assert!(trust.allows(clock.now(), Stamp::new(10)));
        assert!(!trust.allows(clock.now(), Stamp::new(11)), "an invalidation that another reply has shown");
        receive(&trust, A, (11, 10));
        assert!(trust.allows(clock.now(), Stamp::new(11)));
    }

    #[test]
    fn memory_does_not_answer_after_something_unknown() {
        let clock = ManualClock::new();
        let trust = FeedTrust::new(LEASE, clock.now());
        confirm(&trust, 10, clock.now());
        trust.receive(B, (3, 0), |_| None);
        assert!(!allows(&trust, clock.now()));
        assert!(confirm(&trust, 10, clock.now()), "what it was has emptied memory");
        trust.lose();
        assert!(!allows(&trust, clock.now()));
    }
}
