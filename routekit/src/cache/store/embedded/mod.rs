//! The embedded store: entries in memory, on moka.

use std::{
    cmp::Reverse,
    fmt,
    future::ready,
    hash::BuildHasherDefault,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use moka::{Expiry, notification::RemovalCause, sync::Cache as Moka};

use self::{claim_table::ClaimTable, recent::Recent};
#[cfg(feature = "redis")]
use crate::cache::validity::{glob::Glob, tag::Tag};
use crate::{
    base::clock::Clock,
    cache::{
        stats::condition::StoreSize,
        store::{
            claim::ClaimOutcome,
            contract::{CacheStore, StoreFuture},
            entry::Entry,
            key::Key,
            lookup_result::Lookup,
        },
        validity::{
            identity_hasher::IdentityHasher, logical_clock::Validity, provenance::Provenance, stamp::Stamp,
            target::Target,
        },
    },
};

mod claim_table;
mod recent;

/// The default bound of the embedded store: 64 MiB.
pub const DEFAULT_BYTES: u64 = 64 * 1024 * 1024;

/// The default bound of the claims in the embedded store: 64 MiB.
pub const DEFAULT_CLAIM_BYTES: u64 = 64 * 1024 * 1024;

/// The number of a tag takes some 20 bytes: one is remembered for each 512 bytes of entries.
const BYTES_PER_TAG: u64 = 512;

/// Entries in memory, on [moka], bounded in bytes; the default store.
///
/// The frequency and the recency of requests decide which entries stay (TinyLFU). An entry counts with its key, its
/// headers and its bookkeeping ([`Entry::size`]).
///
/// [moka]: https://docs.rs/moka
pub struct Embedded {
    /// By the hash of the key; the entry holds the key itself.
    entries: Moka<u64, Entry, BuildHasherDefault<IdentityHasher>>,
    recent: Arc<Recent>,
    claims: ClaimTable,
    validity: Validity,
    clock: Clock,
    evictions: Arc<AtomicU64>,
    /// The number of bytes that may be put before moka must apply its bound.
    slack: u64,
    put: AtomicU64,
}

impl Embedded {
    /// Creates a store of about `bytes` bytes at most.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let tags = usize::try_from((bytes / BYTES_PER_TAG).clamp(1 << 10, 1 << 20)).expect("a million fits");
        Self::with_tags(bytes, tags)
    }

    /// Creates a store of about `bytes` bytes at most, which remembers the invalidations of about `tags` tags. Once an
    /// older one is forgotten, all entries that were computed before it are misses.
    #[must_use]
    pub fn with_tags(bytes: u64, tags: usize) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let recent = Arc::new(Recent::new(bytes));
        let (counted, forgotten) = (Arc::clone(&evictions), Arc::clone(&recent));
        let entries = Moka::builder()
            .name("routekit")
            .max_capacity(bytes)
            .weigher(|_, entry: &Entry| u32::try_from(entry.size()).unwrap_or(u32::MAX))
            .expire_after(Lifetime)
            .eviction_listener(move |_, entry, cause| {
                forgotten.forget(&entry);
                if cause == RemovalCause::Size {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            })
            .build_with_hasher(BuildHasherDefault::default());
        Self {
            entries,
            recent,
            claims: ClaimTable::new(DEFAULT_CLAIM_BYTES),
            validity: Validity::new(tags),
            clock: Clock::system(),
            evictions,
            slack: bytes / 64,
            put: AtomicU64::new(0),
        }
    }

    /// Sets the clock by which entries age. Defaults to the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the bound of the claims, in bytes, in addition to that of the entries. A claim is never evicted: beyond the
    /// bound there are no new ones. Defaults to 64 MiB.
    #[must_use]
    pub fn claim_bytes(mut self, bytes: u64) -> Self {
        self.claims = ClaimTable::new(bytes);
        self
    }

    pub(in crate::cache) fn claim_now(&self, key: &Key, record: Bytes, keep_for: Duration) -> ClaimOutcome {
        self.claims.claim(key, record, keep_for, self.clock.now())
    }

    /// Replaces or removes a record, if it is still `held`.
    pub(in crate::cache) fn swap_claim_now(
        &self,
        key: &Key,
        held: &Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> bool {
        self.claims.swap(key, held, next.map(|next| (next, keep_for)), self.clock.now())
    }

    /// Returns the result for a key, and the time that its freshness was computed for.
    pub(in crate::cache) fn get(&self, key: &Key) -> (Lookup, Instant) {
        // Read before the lookup: an invalidation in between is later than the stamp.
        self.get_at(key, self.validity.stamp())
    }

    /// The same, with a stamp of the clock that entries are stamped by.
    pub(in crate::cache) fn get_at(&self, key: &Key, stamp: Stamp) -> (Lookup, Instant) {
        let (found, now) = (self.find(key), self.clock.now());
        let looked = match found {
            Some(entry) if self.holds(&entry) => entry.found(now, stamp),
            Some(_) | None => Lookup::Miss(stamp),
        };
        (looked, now)
    }

    /// Whether a response of `key` would be valid, if it were computed after this stamp and had these tags.
    pub(in crate::cache) fn is_valid_provenance(&self, provenance: &Provenance, key: &Key) -> bool {
        self.validity.holds(provenance, || key.text())
    }

    pub(in crate::cache) fn holds(&self, entry: &Entry) -> bool {
        self.validity.holds(entry.provenance(), || entry.key_text())
    }

    fn find(&self, key: &Key) -> Option<Entry> {
        if let Some(entry) = self.recent.get(key) {
            return Some(entry);
        }
        let removed = self.recent.removed(key);
        let entry = self.entries.get(&key.hash()).filter(|entry| entry.key() == key)?;
        self.recent.keep(&entry, removed);
        Some(entry)
    }

    pub(in crate::cache) fn invalidate_now<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> Stamp {
        self.validity.invalidate(targets)
    }

    /// Records an invalidation with the number of another clock, by which all entries are stamped.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn record<'p>(
        &self,
        tags: impl IntoIterator<Item = Tag>,
        patterns: impl IntoIterator<Item = (&'p str, &'p Glob)>,
        number: Stamp,
    ) {
        self.validity.record(tags, patterns, number);
    }

    /// Removes the entry of a key.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn forget(&self, key: &Key) {
        self.entries.invalidate(&key.hash());
    }

    /// The same for everything that was stamped before this number.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn record_all(&self, number: Stamp) {
        self.validity.record_all(number);
        self.entries.invalidate_all();
    }

    pub(in crate::cache) fn measured(&self) -> StoreSize {
        self.entries.run_pending_tasks();
        let evictions = self.evictions.load(Ordering::Relaxed);
        StoreSize::new(self.entries.entry_count(), self.entries.weighted_size(), evictions)
            .with_flushes(self.validity.flushes())
    }

    /// Returns the entries that were requested again after they were stored, hottest first: those in front of moka by
    /// the number of requests for them, then those that are too large for it, last stored first. moka does not tell how
    /// often an entry is requested, so that all of these are included.
    pub(in crate::cache) fn hottest_first(&self) -> impl Iterator<Item = Entry> {
        let mut front = self.recent.entries();
        front.sort_by_key(|(requests, _)| Reverse(*requests));
        let others = self.entries.iter().map(|(_, entry)| entry);
        let mut others: Vec<Entry> = others.filter(|entry| !Recent::takes(entry)).collect();
        others.sort_by_key(|entry| Reverse(entry.stored()));
        let now = self.clock.now();
        let all = front.into_iter().map(|(_, entry)| entry).chain(others);
        all.filter(move |entry| !entry.is_over(now) && self.holds(entry))
    }

    pub(in crate::cache) fn keep(&self, entry: Entry) {
        let size = entry.size() as u64;
        self.entries.insert(entry.key().hash(), entry);
        // moka applies its bound after a number of entries, regardless of their size.
        if self.put.fetch_add(size, Ordering::Relaxed) + size > self.slack {
            self.put.store(0, Ordering::Relaxed);
            self.entries.run_pending_tasks();
        }
    }
}

impl Default for Embedded {
    fn default() -> Self {
        Self::new(DEFAULT_BYTES)
    }
}

impl CacheStore for Embedded {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        Box::pin(ready(Ok(self.get(key).0)))
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        self.keep(entry);
        Box::pin(ready(Ok(())))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.holds(entry))))
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        Box::pin(ready(Ok(self.invalidate_now(targets))))
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        let stamp = self.validity.invalidate_all();
        self.entries.invalidate_all();
        Box::pin(ready(Ok(stamp)))
    }

    fn has_claims(&self) -> bool {
        true
    }

    fn claim<'a>(&'a self, key: &'a Key, record: Bytes, keep_for: Duration) -> StoreFuture<'a, ClaimOutcome> {
        Box::pin(ready(Ok(self.claim_now(key, record, keep_for))))
    }

    fn swap_claim<'a>(
        &'a self,
        key: &'a Key,
        held: &'a Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.swap_claim_now(key, held, next, keep_for))))
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        Box::pin(ready(Ok(self.measured())))
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("max_bytes", &self.entries.policy().max_capacity()).finish_non_exhaustive()
    }
}

/// Lets moka drop expired entries. Our own clock, which tests move, decides whether an entry may be returned.
struct Lifetime;

/// The longest timer that moka can set is less than a century.
const MAX_TIMER: Duration = Duration::from_secs(365 * 86_400);

impl Expiry<u64, Entry> for Lifetime {
    fn expire_after_create(&self, _: &u64, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.lifetime().min(MAX_TIMER))
    }

    fn expire_after_update(&self, _: &u64, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.lifetime().min(MAX_TIMER))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::base::clock::ManualClock;
    use crate::cache::store::{buffered_response::BufferedResponse, stored_response::StoredResponse};

    #[test]
    fn keys_with_the_same_hash_do_not_share_entries() {
        let clock = ManualClock::new();
        let store = Embedded::new(1 << 20).clock(clock.clock());
        let (a, b) = (Key::with_hash(b"a", 7), Key::with_hash(b"b", 7));
        let put = |key: &Key| {
            let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), key.as_bytes());
            let stamp = store.validity.stamp();
            store.keep(Entry::from(StoredResponse::new(
                key.clone(),
                answer,
                stamp,
                clock.now(),
                Duration::from_secs(60),
            )));
        };
        let has = |key: &Key| match store.get(key).0 {
            Lookup::Hit(entry, _) => Some(entry.body().clone()),
            Lookup::Stale(..) | Lookup::VariesBy(..) | Lookup::Miss(_) => None,
        };
        put(&a);
        assert_eq!((has(&a).as_deref(), has(&b)), (Some(&b"a"[..]), None));
        put(&b);
        assert_eq!((has(&a), has(&b).as_deref()), (None, Some(&b"b"[..])));
    }

    fn entry(name: &str, body: usize, now: Instant) -> Entry {
        let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), &vec![0; body]);
        Entry::from(StoredResponse::new(Key::new(name), answer, Stamp::new(1), now, Duration::from_secs(60)))
    }

    #[test]
    fn moka_expires_entries_when_they_are_over() {
        let now = ManualClock::new().now();
        let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
        for (fresh, kept, expected) in [(60, 0, 60), (60, 30, 90), (u64::MAX, 0, 365 * 86_400)] {
            let (fresh, kept) = (Duration::from_secs(fresh), Duration::from_secs(kept));
            let entry =
                StoredResponse::new(Key::new("key"), answer.clone(), Stamp::new(1), now, fresh).keep_stale_for(kept);
            let entry = Entry::from(entry);
            let expected = Some(Duration::from_secs(expected));
            assert_eq!(Lifetime.expire_after_create(&0, &entry, now), expected);
            assert_eq!(
                Lifetime.expire_after_update(&0, &entry, now, None),
                expected,
                "the rest of the entry before does not count"
            );
        }
    }

    #[test]
    fn large_entries_do_not_exceed_the_bound() {
        let bytes = 16 << 20;
        let store = Embedded::new(bytes);
        for n in 0..200 {
            store.keep(entry(&n.to_string(), 1 << 20, store.clock.now()));
            let weighted = store.entries.weighted_size();
            assert!(weighted <= bytes + bytes / 64, "{weighted} after {n}");
            assert!(store.entries.iter().count() <= 18, "entries above the bound are evicted");
        }
        assert!(store.evictions.load(Ordering::Relaxed) >= 180);
    }

    #[test]
    fn an_entry_that_is_requested_all_the_time_stays() {
        let store = Embedded::new(1 << 20);
        let popular = entry("popular", 100, store.clock.now());
        store.keep(popular.clone());
        for n in 0..20_000 {
            store.keep(entry(&n.to_string(), 100, store.clock.now()));
            // Found in front of moka, which has to record a request now and then.
            for _ in 0..3 {
                assert!(store.find(popular.key()).is_some(), "it was evicted after {n} others");
            }
        }
    }

    #[test]
    fn an_entry_that_moka_removed_is_not_kept_in_front() {
        let store = Embedded::new(1 << 20);
        let one = entry("one", 100, store.clock.now());
        store.keep(one.clone());
        assert!(store.find(one.key()).is_some() && store.find(one.key()).is_some());
        store.entries.invalidate(&one.key().hash());
        assert!(store.recent.get(one.key()).is_none());
        let removed = store.recent.removed(one.key());
        store.recent.forget(&one);
        store.recent.keep(&one, removed);
        assert!(store.recent.get(one.key()).is_none(), "it was removed during the lookup");
    }

    #[test]
    fn hottest_entries_come_first() {
        let clock = ManualClock::new();
        let store = Embedded::new(64 << 20).clock(clock.clock());
        // Each with a slot of its own.
        let put = |name: &str, slot: u64, body: usize| {
            let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), &vec![0; body]);
            let (key, minute) = (Key::with_hash(name.as_bytes(), slot), Duration::from_secs(60));
            let entry = Entry::from(StoredResponse::new(key, answer, store.validity.stamp(), clock.now(), minute));
            store.keep(entry.clone());
            clock.advance(Duration::from_secs(1));
            entry
        };
        let names = || -> Vec<_> {
            let names = store.hottest_first().map(|entry| String::from_utf8(entry.key().as_bytes().to_vec()).unwrap());
            names.collect()
        };
        let (rare, often) = (put("rare", 1, 100), put("often", 2, 100));
        put("large, stored first", 3, 16 * 1024);
        put("large, stored last", 4, 16 * 1024);
        for (entry, requests) in [(&rare, 3), (&often, 40)] {
            for _ in 0..requests {
                store.find(entry.key());
            }
        }
        assert_eq!(names(), ["often", "rare", "large, stored last", "large, stored first"]);
        clock.advance(Duration::from_secs(57));
        assert_eq!(names(), ["large, stored last", "large, stored first"], "the others have expired");
        store.validity.invalidate_all();
        assert_eq!(names(), [""; 0]);
    }

    /// A lookup that overlaps with a removal must not put the entry back in front of moka, where it would stay.
    #[test]
    fn an_entry_that_was_removed_does_not_come_back() {
        let clock = ManualClock::new();
        let store = Embedded::new(1 << 20).clock(clock.clock());
        let (key, done) = (Key::new(*b"key"), AtomicBool::new(false));
        let stamp = store.validity.stamp();
        let found = || store.get(&key).0.response().map(|response| response.body().clone());
        let (mut came_back, mut replaced) = (0, 0);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        drop(found());
                    }
                });
            }
            for round in 0..20_000_u32 {
                let put = |n: u32| {
                    let response = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), &n.to_le_bytes());
                    let minute = Duration::from_secs(60);
                    store.keep(StoredResponse::new(key.clone(), response, stamp, clock.now(), minute).into());
                };
                put(round);
                put(round + 1);
                let is_new = (0..3).all(|_| found().as_deref() == Some(&(round + 1).to_le_bytes()));
                replaced += u32::from(!is_new);
                store.entries.invalidate(&key.hash());
                came_back += u32::from((0..3).any(|_| found().is_some()));
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!((came_back, replaced), (0, 0));
    }
}
