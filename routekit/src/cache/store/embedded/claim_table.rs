//! The claims of the embedded store: records that are kept until their time has passed, and never evicted.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::cache::store::{claim::ClaimOutcome, key::Key};

/// Concurrent requests with different keys usually take different locks.
const SHARDS: usize = 16;

/// The bytes that a record takes in both maps, in addition to its key and its text.
const BOOKKEEPING: u64 = 256;

/// A bound for times that cannot be added to an `Instant`.
const MAX_KEPT: Duration = Duration::from_secs(365 * 86_400);

pub(super) struct ClaimTable {
    shards: [Mutex<ClaimShard>; SHARDS],
    bytes: AtomicU64,
    max_bytes: u64,
}

#[derive(Default)]
struct ClaimShard {
    records: HashMap<Arc<[u8]>, KeptRecord>,
    /// The keys by the end of their time. The number tells equal times apart.
    ends: BTreeMap<(Instant, u64), Arc<[u8]>>,
    numbered: u64,
}

struct KeptRecord {
    text: Bytes,
    end: (Instant, u64),
}

impl ClaimTable {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self { shards: Default::default(), bytes: AtomicU64::new(0), max_bytes }
    }

    /// Keeps the record if the key has none.
    pub(super) fn claim(&self, key: &Key, record: Bytes, keep_for: Duration, now: Instant) -> ClaimOutcome {
        for is_swept in [false, true] {
            let mut shard = self.shard(key).lock();
            self.sweep(&mut shard, now);
            if let Some(kept) = shard.records.get(key.as_bytes()) {
                return ClaimOutcome::Taken(kept.text.clone());
            }
            let size = size(key.as_bytes(), &record);
            let more = |bytes: u64| bytes.checked_add(size).filter(|bytes| *bytes <= self.max_bytes);
            if self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
                shard.insert(key.as_bytes().into(), record, (keep_for, now));
                return ClaimOutcome::Won;
            }
            drop(shard);
            if !is_swept {
                // Records of other shards may be over.
                self.shards.iter().for_each(|shard| self.sweep(&mut shard.lock(), now));
            }
        }
        ClaimOutcome::Full
    }

    /// Replaces the record by `next`, or removes it, if it is still `held`. The bound does not apply to `next`.
    pub(super) fn swap(&self, key: &Key, held: &Bytes, next: Option<(Bytes, Duration)>, now: Instant) -> bool {
        let mut shard = self.shard(key).lock();
        self.sweep(&mut shard, now);
        if shard.records.get(key.as_bytes()).is_none_or(|kept| kept.text != held) {
            return false;
        }
        if let Some((key, old)) = shard.records.remove_entry(key.as_bytes()) {
            shard.ends.remove(&old.end);
            self.bytes.fetch_sub(size(&key, &old.text), Ordering::Relaxed);
            if let Some((next, keep_for)) = next {
                self.bytes.fetch_add(size(&key, &next), Ordering::Relaxed);
                shard.insert(key, next, (keep_for, now));
            }
        }
        true
    }

    fn shard(&self, key: &Key) -> &Mutex<ClaimShard> {
        &self.shards[usize::from(key.hash().to_le_bytes()[0]) % SHARDS]
    }

    /// Removes the records whose time has passed. Each is visited once.
    fn sweep(&self, shard: &mut ClaimShard, now: Instant) {
        while let Some(first) = shard.ends.first_entry()
            && first.key().0 <= now
        {
            let key = first.remove();
            if let Some(kept) = shard.records.remove(&key) {
                self.bytes.fetch_sub(size(&key, &kept.text), Ordering::Relaxed);
            }
        }
    }
}

impl ClaimShard {
    fn insert(&mut self, key: Arc<[u8]>, text: Bytes, (keep_for, now): (Duration, Instant)) {
        self.numbered += 1;
        let end = (now + keep_for.min(MAX_KEPT), self.numbered);
        self.ends.insert(end, Arc::clone(&key));
        self.records.insert(key, KeptRecord { text, end });
    }
}

fn size(key: &[u8], record: &[u8]) -> u64 {
    (key.len() + record.len()) as u64 + BOOKKEEPING
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;

    const MINUTE: Duration = Duration::from_secs(60);

    fn claim(table: &ClaimTable, key: u32, clock: &ManualClock) -> ClaimOutcome {
        table.claim(&Key::new(key.to_le_bytes()), Bytes::from_static(b"record"), MINUTE, clock.now())
    }

    #[test]
    fn full_table_keeps_its_claims_and_has_room_once_they_are_over() {
        let (clock, table) = (ManualClock::new(), ClaimTable::new(100 * 266));
        let outcomes: Vec<_> = (0..200).map(|key| claim(&table, key, &clock)).collect();
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == ClaimOutcome::Won).count(), 100);
        assert_eq!(outcomes[100..], vec![ClaimOutcome::Full; 100]);
        assert!((0..100).all(|key| matches!(claim(&table, key, &clock), ClaimOutcome::Taken(_))));
        clock.advance(MINUTE);
        let outcomes: Vec<_> = (200..300).map(|key| claim(&table, key, &clock)).collect();
        assert_eq!(outcomes, vec![ClaimOutcome::Won; 100], "records of all shards are swept");
        assert_eq!(table.bytes.load(Ordering::Relaxed), 100 * 266);
    }

    #[test]
    fn full_table_takes_the_answer_of_a_claim() {
        let (clock, table) = (ManualClock::new(), ClaimTable::new(266));
        assert_eq!(claim(&table, 0, &clock), ClaimOutcome::Won);
        let (key, held, answer) = (Key::new(0_u32.to_le_bytes()), Bytes::from_static(b"record"), vec![7; 1000].into());
        assert!(table.swap(&key, &held, Some((answer, MINUTE)), clock.now()));
        assert_eq!(claim(&table, 1, &clock), ClaimOutcome::Full);
        assert!(!table.swap(&key, &held, None, clock.now()), "it holds the answer now");
        clock.advance(MINUTE);
        assert_eq!(claim(&table, 1, &clock), ClaimOutcome::Won);
        assert_eq!(table.bytes.load(Ordering::Relaxed), 266);
    }
}
