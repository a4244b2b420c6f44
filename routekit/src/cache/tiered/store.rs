//! The store as the cache calls it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::parts::TieredParts;
use crate::{
    cache::{
        redis::{store::RedisStore, turns::BackgroundWrite},
        redis_fallback::RedisFallback,
        stats::condition::{MemoryTier, StoreSize},
        store::{
            claim::ClaimOutcome,
            contract::{CacheStore, StoreError, StoreFuture},
            entry::Entry,
            key::Key,
            lookup_result::Lookup,
        },
        validity::{stamp::Stamp, target::Target},
    },
    deadline::Countdown,
    route::Consistency,
};

/// While Redis is away, an entry is used for so long after it was stored, or last known to be valid.
const OUTAGE: Duration = Duration::from_secs(30);

/// Entries in memory, in front of those in Redis.
///
/// ```no_run
/// use routekit::{App, cache::{Cache, RedisStore, TieredStore}};
///
/// # fn app() -> Result<App, routekit::cache::RedisSettingsError> {
/// let redis = RedisStore::builder("redis://cache.internal").prefix("shop").build()?;
/// let app = App::discover().cache(Cache::builder().store(TieredStore::new(redis)));
/// # Ok(app)
/// # }
/// ```
///
/// The setting `redis.url` does the same without code. The guide [Redis](crate::guide::redis) describes what the store
/// guarantees. In short:
///
/// 1. A hit in memory costs as much as with the [`Embedded`](crate::cache::Embedded) store. A process answers from
///    memory only while it receives the invalidations of all processes.
/// 2. An invalidation that has returned counts in this process at once, and in others within the
///    [lease](crate::cache::TieredStoreBuilder::lease), usually within a millisecond. On routes with
///    `consistency = "strict"`, it counts at once everywhere: each hit asks Redis.
/// 3. A response is stored in Redis after it was sent: no client waits for that.
/// 4. Of all processes with the same prefix, one at a time fills a key. The others wait for the entry.
/// 5. While Redis is away, memory answers for up to 30 seconds ([`RedisFallback`]). Then an invalidation counts in this
///    process, and in others once Redis is back.
///
/// Clones share the entries.
#[derive(Clone)]
pub struct TieredStore {
    pub(super) parts: Arc<TieredParts>,
}

impl TieredStore {
    /// Returns the store in Redis.
    #[must_use]
    pub fn redis(&self) -> &RedisStore {
        &self.parts.redis
    }

    /// Returns whether this process receives the invalidations of all processes, so that memory answers.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.parts.trust.allows(self.parts.clock.now(), self.parts.redis.latest())
    }

    /// That of routes that do not declare one.
    pub(in crate::cache) fn consistency(&self) -> Consistency {
        self.parts.consistency
    }

    /// Looks up in memory, and returns the time that freshness was computed for. `None` if Redis must be asked.
    pub(in crate::cache) fn lookup_now(&self, key: &Key) -> Option<(Lookup, Instant)> {
        let parts = &*self.parts;
        // Read before the lookup: an invalidation in between is later than the stamp.
        let stamp = parts.redis.latest();
        let (found, now) = parts.near.get(key, stamp);
        let is_answer = matches!(found, Lookup::Hit(..) | Lookup::VariesBy(..)) && parts.trust.allows(now, stamp);
        is_answer.then_some((found, now))
    }

    /// Looks up in memory, and in Redis if memory does not have the answer.
    pub(in crate::cache) async fn lookup_with(
        &self,
        key: &Key,
        consistency: Consistency,
        left: &Countdown,
    ) -> Result<Lookup, StoreError> {
        let parts = &*self.parts;
        self.follow();
        match consistency {
            Consistency::Bounded => {
                if let Some((found, _)) = self.lookup_now(key) {
                    return Ok(found);
                }
            }
            Consistency::Strict => {
                if let Some(found) = self.confirmed(key, left).await? {
                    return Ok(found);
                }
            }
        }
        match parts.redis.find(key, left).await {
            Ok(found) => {
                if matches!(found, Lookup::Miss(_)) || parts.lease.is_zero() {
                    // Memory must not answer with it later, while Redis is away.
                    parts.near.forget(key);
                }
                self.remember(&found);
                Ok(found)
            }
            Err(_) if self.may_fall_back(consistency) => Ok(self.lookup_in_outage(key)),
            Err(error) => Err(error),
        }
    }

    /// The entry in memory, if Redis confirms that it is valid. Its body is not sent again.
    async fn confirmed(&self, key: &Key, left: &Countdown) -> Result<Option<Lookup>, StoreError> {
        let parts = &*self.parts;
        let stamp = parts.redis.latest();
        let (found, _) = parts.near.get(key, stamp);
        let entry = match Entry::of_lookup(&found) {
            Some(entry) if !matches!(found, Lookup::Stale(..)) => entry,
            _ => return Ok(None),
        };
        Ok(parts.redis.holds(&entry, left).await?.then_some(found))
    }

    /// Keeps what was found in Redis in memory.
    pub(super) fn remember(&self, found: &Lookup) {
        if let Some(entry) = Entry::of_lookup(found).filter(|_| !self.parts.lease.is_zero()) {
            self.parts.near.keep_unless_older(entry);
        }
    }

    /// Whether memory may answer in place of Redis. Not while Redis is used and this process may have missed an
    /// invalidation: an answer that is late, or that the request has no time to wait for, would tell.
    fn may_fall_back(&self, consistency: Consistency) -> bool {
        let may_use = self.parts.fallback == RedisFallback::Memory && consistency == Consistency::Bounded;
        may_use && (!self.parts.redis.is_connected() || self.is_live())
    }

    /// What memory has while Redis is away.
    fn lookup_in_outage(&self, key: &Key) -> Lookup {
        let parts = &*self.parts;
        let stamp = parts.redis.latest();
        let (found, now) = parts.near.get(key, stamp);
        let Some(stored) = Entry::of_lookup(&found).map(|entry| entry.stored()) else { return found };
        let known = parts.trust.confirmed().map_or(stored, |confirmed| confirmed.max(stored));
        if now.saturating_duration_since(known) < OUTAGE { found } else { Lookup::Miss(stamp) }
    }

    /// Stores an entry in memory at once, and in Redis soon.
    pub(in crate::cache) fn put_behind(&self, entry: Entry) {
        let parts = &*self.parts;
        let is_connected = parts.redis.is_connected();
        if !parts.lease.is_zero() || !is_connected {
            parts.near.keep(entry.clone());
        }
        if is_connected {
            let key = entry.key().clone();
            // Other processes must not wait for an entry that is invalid already.
            let is_valid = parts.near.holds(&entry);
            if !parts.writes.push(BackgroundWrite::Put(entry)) || !is_valid {
                parts.turns.lose(&key);
            }
        }
    }

    /// Whether no invalidation after its stamp covers the entry.
    pub(in crate::cache) async fn is_valid_with(
        &self,
        entry: &Entry,
        consistency: Consistency,
        left: &Countdown,
    ) -> Result<bool, StoreError> {
        let parts = &*self.parts;
        if consistency == Consistency::Bounded && self.is_live() {
            return Ok(parts.near.holds(entry));
        }
        match parts.redis.holds(entry, left).await {
            Err(_) if self.may_fall_back(consistency) => Ok(parts.near.holds(entry)),
            is_valid => is_valid,
        }
    }

    async fn invalidate_both(&self, targets: &[Target]) -> Result<Stamp, StoreError> {
        let own = OwnInvalidation { parts: &self.parts, targets: Some(targets), number: None };
        self.acknowledged(own, self.parts.redis.invalidate(targets).await)
    }

    async fn clear_both(&self) -> Result<Stamp, StoreError> {
        let own = OwnInvalidation { parts: &self.parts, targets: None, number: None };
        self.acknowledged(own, self.parts.redis.clear().await)
    }

    /// An invalidation that did not reach Redis counts in this process, and is repeated. One that Redis refuses is an
    /// error: other processes would never learn of it.
    fn acknowledged(&self, mut own: OwnInvalidation<'_>, done: Result<Stamp, StoreError>) -> Result<Stamp, StoreError> {
        let number = *own.number.insert(done.as_ref().map_or_else(|_| self.parts.redis.tick(), |number| *number));
        drop(own);
        match done {
            Err(error) if self.parts.fallback == RedisFallback::None || error.is_refusal() => Err(error),
            Ok(_) | Err(_) => Ok(number),
        }
    }

    /// The condition of the tier in memory.
    pub(in crate::cache) fn memory(&self) -> MemoryTier {
        let StoreSize { entries, bytes, evictions, .. } = self.parts.near.size();
        MemoryTier { live: self.is_live(), entries, bytes, evictions, lost_writes: self.parts.writes.lost() }
    }
}

/// An invalidation by this process, which memory records when it ends: also if its caller does not wait for Redis any
/// longer, such as a handler whose client has left.
struct OwnInvalidation<'a> {
    parts: &'a TieredParts,
    /// `None` for everything.
    targets: Option<&'a [Target]>,
    /// `None` if Redis has not answered.
    number: Option<Stamp>,
}

impl Drop for OwnInvalidation<'_> {
    fn drop(&mut self) {
        let number = self.number.unwrap_or_else(|| self.parts.redis.tick());
        match self.targets {
            Some(targets) => self.parts.near.invalidate(targets, number),
            None => self.parts.near.empty_before(number),
        }
    }
}

impl CacheStore for TieredStore {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        Box::pin(async move { self.lookup_with(key, self.consistency(), &self.parts.redis.budget()).await })
    }

    /// Returns once the entry is in Redis. The cache stores responses after they were sent.
    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            if !self.parts.lease.is_zero() || !self.parts.redis.is_connected() {
                self.parts.near.keep(entry.clone());
            }
            match self.parts.redis.put(entry).await {
                Err(_) if self.parts.fallback == RedisFallback::Memory => Ok(()),
                put => put,
            }
        })
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.is_valid_with(entry, self.consistency(), &self.parts.redis.budget()).await })
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        Box::pin(self.invalidate_both(targets))
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        Box::pin(self.clear_both())
    }

    fn has_claims(&self) -> bool {
        self.parts.redis.has_claims()
    }

    fn claim<'a>(&'a self, key: &'a Key, record: Bytes, keep_for: Duration) -> StoreFuture<'a, ClaimOutcome> {
        self.parts.redis.claim(key, record, keep_for)
    }

    fn swap_claim<'a>(
        &'a self,
        key: &'a Key,
        held: &'a Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> StoreFuture<'a, bool> {
        self.parts.redis.swap_claim(key, held, next, keep_for)
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.parts.redis.size()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        self.parts.redis.health()
    }
}

impl fmt::Debug for TieredStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TieredStore")
            .field("redis", &self.parts.redis)
            .field("lease", &self.parts.lease)
            .field("fallback", &self.parts.fallback)
            .finish_non_exhaustive()
    }
}
