//! The store in this process.

use std::{
    fmt,
    future::ready,
    hash::BuildHasherDefault,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use moka::{Expiry, notification::RemovalCause, sync::Cache as Moka};

use crate::cache::{
    CacheStore, Entry, Key, Lookup, Stamp, StoreFuture, StoreSize, Target, clock::Validity, identity_hasher::AsIs,
    recent::Recent,
};
use crate::clock::Clock;

/// How many bytes are kept unless somebody says otherwise: 64 MiB.
pub const DEFAULT_BYTES: u64 = 64 * 1024 * 1024;

/// A tag's number takes some 20 bytes: for each of these bytes of entries, one is remembered.
const BYTES_A_TAG: u64 = 512;

/// Entries in memory, on [moka], bounded in bytes; the default.
///
/// Which entries stay is decided by how often and how lately they were asked for (TinyLFU). An entry counts with its key, its
/// headers and its bookkeeping ([`Entry::size`]).
///
/// [moka]: https://docs.rs/moka
pub struct Embedded {
    /// By the hash of the key; the entry has the key itself.
    entries: Moka<u64, Arc<Entry>, BuildHasherDefault<AsIs>>,
    recent: Arc<Recent>,
    validity: Validity,
    clock: Clock,
    evictions: Arc<AtomicU64>,
    /// Bytes that may be put before moka has to look at its bound.
    slack: u64,
    put: AtomicU64,
}

impl Embedded {
    /// At most about this many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let tags = usize::try_from((bytes / BYTES_A_TAG).clamp(1 << 10, 1 << 20)).expect("a million fits");
        Self::with_tags(bytes, tags)
    }

    /// The same, remembering the numbers of about this many tags that were invalidated. Those before raise a floor: everything older
    /// than they are is a miss.
    #[must_use]
    pub fn with_tags(bytes: u64, tags: usize) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let recent = Arc::new(Recent::new(bytes));
        let (counted, forgotten) = (Arc::clone(&evictions), Arc::clone(&recent));
        let entries = Moka::builder()
            .name("routekit")
            .max_capacity(bytes)
            .weigher(|_, entry: &Arc<Entry>| u32::try_from(entry.size()).unwrap_or(u32::MAX))
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
            validity: Validity::new(tags),
            clock: Clock::system(),
            evictions,
            slack: bytes / 64,
            put: AtomicU64::new(0),
        }
    }

    /// Tells the age of entries by this clock. Defaults to the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What there is, and by what time.
    pub(in crate::cache) fn get(&self, key: &Key) -> (Lookup, Instant) {
        // Before the entry is looked for: an invalidation in between is later than the stamp.
        let stamp = self.validity.stamp();
        let (found, now) = (self.find(key), self.clock.now());
        let looked = match found {
            Some(entry) if entry.is_over(now) || !self.validity.holds(&entry) => Lookup::Miss(stamp),
            Some(entry) if entry.is_fresh(now) => Lookup::Hit(entry, stamp),
            Some(entry) => Lookup::Stale(entry, stamp),
            None => Lookup::Miss(stamp),
        };
        (looked, now)
    }

    fn find(&self, key: &Key) -> Option<Arc<Entry>> {
        if let Some(entry) = self.recent.get(key) {
            return Some(entry);
        }
        let gone = self.recent.gone(key);
        let entry = self.entries.get(&key.hash()).filter(|entry| entry.key() == key)?;
        self.recent.keep(&entry, gone);
        Some(entry)
    }

    pub(in crate::cache) fn invalidate_now(&self, targets: &[Target]) -> Stamp {
        self.validity.invalidate(targets)
    }

    pub(in crate::cache) fn measured(&self) -> StoreSize {
        self.entries.run_pending_tasks();
        StoreSize {
            entries: self.entries.entry_count(),
            bytes: self.entries.weighted_size(),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }

    fn keep(&self, entry: Arc<Entry>) {
        let size = entry.size() as u64;
        self.entries.insert(entry.key().hash(), entry);
        // moka looks at its bound after so many entries, however large they are.
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

    fn put(&self, entry: Arc<Entry>) -> StoreFuture<'_, ()> {
        self.keep(entry);
        Box::pin(ready(Ok(())))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.validity.holds(entry))))
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        Box::pin(ready(Ok(self.invalidate_now(targets))))
    }

    fn remove<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        if self.find(key).is_some() {
            self.entries.invalidate(&key.hash());
        }
        Box::pin(ready(Ok(())))
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        let stamp = self.validity.invalidate_all();
        self.entries.invalidate_all();
        Box::pin(ready(Ok(stamp)))
    }

    fn ttl<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Duration>> {
        let (looked, now) = self.get(key);
        let ttl = looked.entry().map(|entry| entry.ttl(now));
        Box::pin(ready(Ok(ttl)))
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

/// Has moka drop what is over. Whether an entry may be given out is asked of our own clock, which tests move.
struct Lifetime;

/// moka's timers have an end.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

impl Expiry<u64, Arc<Entry>> for Lifetime {
    fn expire_after_create(&self, _: &u64, entry: &Arc<Entry>, _: Instant) -> Option<Duration> {
        Some(entry.lifetime().min(LONGEST))
    }

    fn expire_after_update(&self, _: &u64, entry: &Arc<Entry>, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.lifetime().min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::cache::Snapshot;
    use crate::clock::ManualClock;

    #[test]
    fn two_keys_of_one_hash_are_never_each_others() {
        let clock = ManualClock::new();
        let store = Embedded::new(1 << 20).clock(clock.clock());
        let (a, b) = (Key::with_hash(b"a", 7), Key::with_hash(b"b", 7));
        let put = |key: &Key| {
            let answer = Snapshot::new(StatusCode::OK, &HeaderMap::new(), key.as_bytes());
            let stamp = store.validity.stamp();
            store.keep(Arc::new(Entry::new(key.clone(), answer, stamp, clock.now(), Duration::from_secs(60))));
        };
        let has = |key: &Key| match store.get(key).0 {
            Lookup::Hit(entry, _) => Some(entry.answer().body().clone()),
            Lookup::Stale(..) | Lookup::Miss(_) => None,
        };
        put(&a);
        assert_eq!((has(&a).as_deref(), has(&b)), (Some(&b"a"[..]), None));
        put(&b);
        assert_eq!((has(&a), has(&b).as_deref()), (None, Some(&b"b"[..])));
    }

    fn entry(name: &str, body: usize, now: Instant) -> Arc<Entry> {
        let answer = Snapshot::new(StatusCode::OK, &HeaderMap::new(), &vec![0; body]);
        Arc::new(Entry::new(Key::new(name), answer, Stamp::new(1), now, Duration::from_secs(60)))
    }

    #[test]
    fn moka_is_told_how_long_entries_live() {
        let now = ManualClock::new().now();
        let answer = Snapshot::new(StatusCode::OK, &HeaderMap::new(), b"");
        for (fresh, kept, expected) in [(60, 0, 60), (60, 30, 90), (u64::MAX, 0, 365 * 86_400)] {
            let (fresh, kept) = (Duration::from_secs(fresh), Duration::from_secs(kept));
            let entry = Entry::new(Key::new("key"), answer.clone(), Stamp::new(1), now, fresh).keep_stale_for(kept);
            let entry = Arc::new(entry);
            let expected = Some(Duration::from_secs(expected));
            assert_eq!(Lifetime.expire_after_create(&0, &entry, now), expected);
            assert_eq!(
                Lifetime.expire_after_update(&0, &entry, now, None),
                expected,
                "not what the one before had left"
            );
        }
    }

    #[test]
    fn large_entries_do_not_gather_before_moka_looks() {
        let bytes = 16 << 20;
        let store = Embedded::new(bytes);
        for n in 0..200 {
            store.keep(entry(&n.to_string(), 1 << 20, store.clock.now()));
            let weighted = store.entries.weighted_size();
            assert!(weighted <= bytes + bytes / 64, "{weighted} after {n}");
            assert!(store.entries.iter().count() <= 18, "those that are too many are gone");
        }
        assert!(store.evictions.load(Ordering::Relaxed) >= 180);
    }

    #[test]
    fn what_is_asked_for_all_the_time_stays() {
        let store = Embedded::new(1 << 20);
        let popular = entry("popular", 100, store.clock.now());
        store.keep(Arc::clone(&popular));
        for n in 0..20_000 {
            store.keep(entry(&n.to_string(), 100, store.clock.now()));
            // Found without moka, which has to hear of it now and then.
            for _ in 0..3 {
                assert!(store.find(popular.key()).is_some(), "it went after {n} others");
            }
        }
    }

    #[test]
    fn what_goes_elsewhere_is_not_kept_in_front() {
        let store = Embedded::new(1 << 20);
        let one = entry("one", 100, store.clock.now());
        store.keep(Arc::clone(&one));
        assert!(store.find(one.key()).is_some() && store.find(one.key()).is_some());
        store.entries.invalidate(&one.key().hash());
        assert!(store.recent.get(one.key()).is_none());
        let gone = store.recent.gone(one.key());
        store.recent.forget(&one);
        store.recent.keep(&one, gone);
        assert!(store.recent.get(one.key()).is_none(), "it went while somebody looked");
    }
}
