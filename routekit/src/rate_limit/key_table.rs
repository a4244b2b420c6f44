//! The quotas of all keys of one limit, in bounded memory.
//!
//! 1. A key is known while its quota is not full, which is until it has been idle for as long as its use needs to be
//!    available again. A known key is never evicted.
//! 2. Each new key examines a few slots and removes quotas that are full again. So memory is reclaimed in small steps,
//!    by the requests that need it, and no request sweeps the whole table.
//! 3. Once the table holds its maximum of known keys, new ones share one quota.

use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use parking_lot::Mutex;

use super::gcra::{Gcra, QuotaDecision, QuotaState};

/// Independent parts, so that requests of different keys seldom wait for each other. A power of two.
const SHARDS: usize = 16;
/// How many slots a new key examines for quotas that are full again.
const EXAMINED: usize = 4;
/// How many it examines while the table holds its maximum.
const EXAMINED_IF_FULL: usize = 32;

/// The quotas of all keys.
#[derive(Debug)]
pub(super) struct KeyTable {
    shards: [Shard; SHARDS],
    hasher: RandomState,
    /// The number of entries in all shards.
    keys: AtomicUsize,
    max_keys: usize,
    /// The part whose slots are examined next while there is no room.
    next: AtomicUsize,
    /// The quota of keys beyond the maximum.
    shared: Mutex<SharedQuota>,
}

/// On cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<ShardState>);

#[derive(Debug, Default)]
struct ShardState {
    table: HashTable<KeyQuota>,
    /// The last slot that was examined.
    cursor: usize,
    /// Counted here, so that requests share no counter.
    counts: QuotaCounts,
}

#[derive(Debug, Clone, Copy)]
struct KeyQuota {
    key: u64,
    /// When nothing of the quota is used any more.
    full_at: u64,
}

#[derive(Debug, Default)]
struct SharedQuota {
    full_at: u64,
    counts: QuotaCounts,
    /// Requests that it has answered for.
    requests: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct QuotaCounts {
    passed: u64,
    exceeded: u64,
}

/// The numbers of a table, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableTotals {
    /// Requests within the limit.
    pub(crate) passed: u64,
    /// Requests beyond it.
    pub(crate) exceeded: u64,
    /// Requests that counted in the shared quota, because the table held its maximum of keys.
    pub(crate) overflowed: u64,
    /// Entries, also those whose quota is full again.
    pub(crate) keys: usize,
}

impl KeyTable {
    pub(super) fn new(max_keys: usize) -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::default(),
            keys: AtomicUsize::new(0),
            max_keys,
            next: AtomicUsize::new(0),
            shared: Mutex::default(),
        }
    }

    /// Takes one request from the quota of `key`.
    #[inline]
    pub(super) fn take(&self, key: u64, now: u64, gcra: &Gcra) -> QuotaDecision {
        let hash = self.hash(key);
        let mut shard = self.shard(hash).0.lock();
        let decision = match shard.table.find_mut(hash, |quota| quota.key == key) {
            Some(quota) => gcra.take(&mut quota.full_at, now),
            None => match self.insert(&mut shard, (key, hash), now, gcra) {
                Some(decision) => decision,
                None => {
                    drop(shard);
                    return self.take_shared(now, gcra);
                }
            },
        };
        shard.counts.add(decision);
        decision
    }

    /// Adds a key with its first request. `None` if the table holds its maximum.
    #[cold]
    fn insert(&self, shard: &mut ShardState, (key, hash): (u64, u64), now: u64, gcra: &Gcra) -> Option<QuotaDecision> {
        self.reclaim(shard, EXAMINED, now);
        if !self.reserve() {
            self.reclaim(shard, EXAMINED_IF_FULL, now);
            self.reclaim_elsewhere(now);
            if !self.reserve() {
                return None;
            }
        }
        let mut quota = KeyQuota { key, full_at: 0 };
        let decision = gcra.take(&mut quota.full_at, now);
        shard.table.insert_unique(hash, quota, |quota| self.hash(quota.key));
        Some(decision)
    }

    /// Reserves one entry. The count guards no other memory, so relaxed ordering is enough.
    fn reserve(&self) -> bool {
        let more = |keys| (keys < self.max_keys).then_some(keys + 1);
        self.keys.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Examines the next slots, and removes quotas that are full.
    fn reclaim(&self, shard: &mut ShardState, examined: usize, now: u64) {
        for _ in 0..examined.min(shard.table.num_buckets()) {
            shard.cursor = (shard.cursor + 1) % shard.table.num_buckets();
            if let Ok(entry) = shard.table.get_bucket_entry(shard.cursor)
                && entry.get().full_at <= now
            {
                entry.remove();
                self.keys.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// Examines slots of another part, a different one each time, unless it is in use: its keys count, too.
    fn reclaim_elsewhere(&self, now: u64) {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % SHARDS;
        // The caller holds the lock of its own part, which is therefore skipped.
        if let Some(mut shard) = self.shards[next].0.try_lock() {
            self.reclaim(&mut shard, EXAMINED_IF_FULL, now);
        }
    }

    #[cold]
    fn take_shared(&self, now: u64, gcra: &Gcra) -> QuotaDecision {
        let mut shared = self.shared.lock();
        let decision = gcra.take(&mut shared.full_at, now);
        shared.counts.add(decision);
        shared.requests += 1;
        decision
    }

    /// Returns what is left for `key`, without a request.
    pub(super) fn look(&self, key: u64, now: u64, gcra: &Gcra) -> QuotaState {
        let hash = self.hash(key);
        let shard = self.shard(hash).0.lock();
        match shard.table.find(hash, |quota| quota.key == key) {
            Some(quota) => gcra.look(quota.full_at, now),
            None if self.keys.load(Ordering::Relaxed) < self.max_keys => gcra.full(),
            None => gcra.look(self.shared.lock().full_at, now),
        }
    }

    /// Gives one request of `key` back, which then counts as none.
    pub(super) fn give_back(&self, key: u64, gcra: &Gcra) {
        let hash = self.hash(key);
        let mut shard = self.shard(hash).0.lock();
        if let Some(quota) = shard.table.find_mut(hash, |quota| quota.key == key) {
            gcra.give_back(&mut quota.full_at);
            // The request may have counted in the shared quota, before its key was known.
            shard.counts.passed = shard.counts.passed.saturating_sub(1);
            return;
        }
        drop(shard);
        let mut shared = self.shared.lock();
        gcra.give_back(&mut shared.full_at);
        shared.counts.passed = shared.counts.passed.saturating_sub(1);
    }

    pub(super) fn totals(&self) -> TableTotals {
        let (counts, overflowed) = {
            let shared = self.shared.lock();
            (shared.counts, shared.requests)
        };
        let all = self.shards.iter().map(|shard| shard.0.lock().counts).fold(counts, |sum, counts| QuotaCounts {
            passed: sum.passed + counts.passed,
            exceeded: sum.exceeded + counts.exceeded,
        });
        let keys = self.keys.load(Ordering::Relaxed);
        TableTotals { passed: all.passed, exceeded: all.exceeded, overflowed, keys }
    }

    /// The memory of the tables.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.0.lock().table.allocation_size()).sum()
    }

    #[inline]
    fn hash(&self, key: u64) -> u64 {
        use std::hash::BuildHasher as _;
        self.hasher.hash_one(key)
    }

    /// The table of a shard uses the lowest and the highest bits of the hash.
    #[inline]
    fn shard(&self, hash: u64) -> &Shard {
        &self.shards[(hash >> 40) as usize % SHARDS]
    }
}

impl QuotaCounts {
    #[inline]
    fn add(&mut self, decision: QuotaDecision) {
        self.passed += u64::from(decision.passes);
        self.exceeded += u64::from(!decision.passes);
    }
}
