//! The store of a cache as the engine uses it: called directly if it is the embedded one, else within a time budget.
//! The calls of one request share that of Redis.

#[cfg(feature = "redis")]
use std::pin::Pin;
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Extensions, HeaderMap, StatusCode};

#[cfg(feature = "redis")]
use crate::cache::{
    redis::store::RedisStore,
    tiered::{
        store::TieredStore,
        turn::{HeldTurn, TurnOutcome},
    },
};
use crate::{
    base::{
        clock::Clock,
        printable::{Chain, Printable},
        redis_waits::RedisWaits,
        spawner::Spawner,
    },
    cache::{
        stats::condition::{MemoryTier, ProviderStatus, StoreCondition, StoreSize},
        store::{
            buffered_response::BufferedResponse,
            claim::ClaimOutcome,
            contract::{CacheStore, StoreError, StoreFuture},
            embedded::Embedded,
            entry::Entry,
            key::Key,
            lookup_result::Lookup,
            stored_response::StoredResponse,
        },
        validity::{provenance::Provenance, stamp::Stamp, target::Target},
    },
    deadline::within,
    route::Consistency,
};

/// A store that takes longer to answer counts as unavailable.
const BUDGET: Duration = Duration::from_millis(250);

/// The budget of an invalidation: longer, since a lost one leaves stale entries, and finite, since a request waits for
/// it.
const INVALIDATION_BUDGET: Duration = Duration::from_secs(5);

/// The bytes of a key that has no entry.
const UNUSED_KEY: &[u8] = b"unused";

/// Work in Redis that may outlive its request.
#[cfg(feature = "redis")]
type RedisWork<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The store of a cache: the embedded one, which answers at once, or another one.
#[derive(Clone)]
pub(in crate::cache) enum Store {
    Embedded(Arc<Embedded>),
    /// Memory in front of Redis, and when invalidations by other processes count.
    #[cfg(feature = "redis")]
    Tiered(TieredStore, Consistency),
    /// Redis alone.
    #[cfg(feature = "redis")]
    Redis(RedisStore),
    Other(Arc<dyn CacheStore>),
}

/// The turn of this process to fill a key, if processes share the store.
#[derive(Debug, Default)]
pub(in crate::cache) struct FillTurn(#[cfg(feature = "redis")] Option<HeldTurn>);

/// What a process has after it waited for its turn to fill a key.
#[derive(Debug, Default)]
pub(in crate::cache) struct TurnAtKey {
    pub(in crate::cache) turn: FillTurn,
    /// The stamp of a new entry, if the key is known to have none.
    pub(in crate::cache) missing: Option<Stamp>,
    /// Whether another process had the turn.
    pub(in crate::cache) has_waited: bool,
}

impl FillTurn {
    /// Ends it. Processes that wait find the entry if it `is_stored`, or else fill for themselves.
    pub(in crate::cache) fn end(&mut self, is_stored: bool) {
        #[cfg(feature = "redis")]
        if let Some(turn) = self.0.take() {
            turn.end(is_stored);
        }
        #[cfg(not(feature = "redis"))]
        let _ = is_stored;
    }
}

impl Store {
    /// The same store, for routes with this consistency.
    #[must_use]
    pub(in crate::cache) fn with(&self, consistency: Consistency) -> Self {
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, _) => Self::Tiered(tiered.clone(), consistency),
            _ => {
                // Only memory in front of Redis distinguishes them.
                let _ = consistency;
                self.clone()
            }
        }
    }

    /// How long the request with these extensions has waited for Redis.
    pub(in crate::cache) fn waits_of(&self, extensions: &mut Extensions) -> RedisWaits {
        if self.is_in_redis() { RedisWaits::of(extensions) } else { RedisWaits::uncounted() }
    }

    /// How long a call of the program has waited for Redis: not yet.
    pub(in crate::cache) fn waits(&self) -> RedisWaits {
        if self.is_in_redis() { RedisWaits::counted() } else { RedisWaits::uncounted() }
    }

    /// The output of `work` in Redis, which has a budget of its own. If it takes longer than the request may still
    /// wait, `spawn` gets the rest, and there is no output.
    #[cfg(feature = "redis")]
    async fn finish<T>(
        redis: &RedisStore,
        mut work: RedisWork<T>,
        waits: &RedisWaits,
        spawn: impl FnOnce(RedisWork<T>),
    ) -> Option<T> {
        let wait = redis.wait(waits);
        let output = within(wait.left.left(), work.as_mut()).await;
        if output.is_none() {
            spawn(work);
        }
        output
    }

    /// Runs a change of a claim to its end. If a store in Redis takes longer than the request may still wait, the
    /// spawner gets the rest.
    pub(in crate::cache) async fn finish_change(
        &self,
        change: impl Future<Output = ()> + Send + 'static,
        waits: &RedisWaits,
        spawner: &Spawner,
    ) {
        #[cfg(feature = "redis")]
        if let Some(redis) = self.redis() {
            Self::finish(redis, Box::pin(change), waits, |rest| spawner.spawn(rest)).await;
            return;
        }
        let _ = (waits, spawner);
        change.await;
    }

    /// Runs a write in Redis, and returns whether it succeeded. What no request waits for any longer is expected to:
    /// then `detached` is called at once, and its output with the outcome.
    #[cfg(feature = "redis")]
    async fn finish_write<E: FnOnce(bool) + Send + 'static>(
        redis: &RedisStore,
        write: RedisWork<bool>,
        waits: &RedisWaits,
        detached: impl FnOnce() -> E,
    ) -> bool {
        let spawn = |rest: RedisWork<bool>| {
            let ended = detached();
            redis.spawner().spawn_repeatable(async move { ended(rest.await) });
        };
        Self::finish(redis, write, waits, spawn).await.unwrap_or(true)
    }

    pub(in crate::cache) fn is_in_redis(&self) -> bool {
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(..) | Self::Redis(_) => true,
            Self::Embedded(_) | Self::Other(_) => false,
        }
    }

    /// Looks up in memory, and returns the time that freshness was computed for; `None` if memory does not have the
    /// answer.
    pub(in crate::cache) fn lookup_now(&self, key: &Key) -> Option<(Lookup, Instant)> {
        match self {
            Self::Embedded(embedded) => Some(embedded.get(key)),
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, Consistency::Bounded) => tiered.lookup_now(key),
            #[cfg(feature = "redis")]
            Self::Tiered(_, Consistency::Strict) | Self::Redis(_) => None,
            Self::Other(_) => None,
        }
    }

    pub(in crate::cache) async fn lookup(&self, key: &Key, waits: &RedisWaits) -> Result<Lookup, StoreError> {
        let _ = waits;
        match self {
            Self::Embedded(embedded) => Ok(embedded.get(key).0),
            // Futures that wait for Redis are boxed: they are large, and the one of a miss would have many of them.
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, consistency) => {
                Box::pin(async move { tiered.lookup_with(key, *consistency, &tiered.redis().wait(waits).left).await })
                    .await
            }
            #[cfg(feature = "redis")]
            Self::Redis(redis) => Box::pin(async move { redis.find(key, &redis.wait(waits).left).await }).await,
            Self::Other(other) => in_time(BUDGET, other.lookup(key)).await,
        }
    }

    /// Waits until it is the turn of this process to fill the key, for at most `limit`. The entry may be there then,
    /// unless the stamp of a new one is returned.
    pub(in crate::cache) async fn turn(&self, key: &Key, limit: Duration, waits: &RedisWaits) -> TurnAtKey {
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, _) => match within(limit, Box::pin(tiered.turn(key, waits))).await {
                Some(TurnOutcome { turn, missing, has_waited }) => {
                    TurnAtKey { turn: FillTurn(turn), missing, has_waited }
                }
                None => TurnAtKey { has_waited: true, ..TurnAtKey::default() },
            },
            _ => {
                let _ = (key, limit, waits);
                TurnAtKey::default()
            }
        }
    }

    /// Takes the turn to fill the key in the background; `None` if another process has it.
    pub(in crate::cache) async fn turn_now(&self, key: &Key) -> Option<FillTurn> {
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, _) => tiered.turn_now(key).await.ok().map(FillTurn),
            _ => {
                let _ = key;
                Some(FillTurn::default())
            }
        }
    }

    /// Whether other processes may have copies of an entry in memory, which a new entry with its key does not replace.
    pub(in crate::cache) fn has_copies_elsewhere(&self) -> bool {
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(..) => true,
            _ => false,
        }
    }

    /// Returns the stamp of a value that is read from now on.
    pub(in crate::cache) async fn stamp(&self) -> Result<Stamp, StoreError> {
        self.lookup(&Key::new(UNUSED_KEY), &RedisWaits::uncounted()).await.map(|found| found.stamp())
    }

    pub(in crate::cache) async fn put(&self, entry: Entry) -> Result<(), StoreError> {
        in_time(BUDGET, self.get().put(entry)).await
    }

    /// Stores an entry, and returns whether that succeeded. A failure is logged. Redis may get it later.
    pub(in crate::cache) async fn put_or_warn(&self, entry: Entry, waits: &RedisWaits) -> bool {
        // A slow server, whose answers take the budget, would otherwise never get an entry.
        #[cfg(feature = "redis")]
        if let Self::Redis(redis) = self {
            let store = self.clone();
            let put = Box::pin(async move { store.put_whole(entry).await });
            return Self::finish_write(redis, put, waits, || |_| ()).await;
        }
        let _ = waits;
        self.put_whole(entry).await
    }

    /// The same, however long the request has waited.
    async fn put_whole(&self, entry: Entry) -> bool {
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, _) => {
                tiered.put_behind(entry);
                true
            }
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.put(entry).await.inspect_err(warn).is_ok(),
            Self::Embedded(_) | Self::Other(_) => self.put(entry).await.inspect_err(warn).is_ok(),
        }
    }

    /// Stores a response unless an invalidation after its stamp covers it, and returns whether that succeeded. If Redis
    /// takes longer than the request may wait, `detached` is called, a task does the rest, and calls the output of
    /// `detached` with whether the response was stored.
    pub(in crate::cache) async fn put_if_valid<E: FnOnce(bool) + Send + 'static>(
        &self,
        response: &Arc<StoredResponse>,
        waits: &RedisWaits,
        detached: impl FnOnce() -> E,
    ) -> bool {
        #[cfg(feature = "redis")]
        if let Some(redis) = self.redis() {
            let (store, response) = (self.clone(), Arc::clone(response));
            let put = Box::pin(async move { store.put_whole_if_valid(&response, &RedisWaits::uncounted()).await });
            return Self::finish_write(redis, put, waits, detached).await;
        }
        let _ = detached;
        self.put_whole_if_valid(response, waits).await
    }

    async fn put_whole_if_valid(&self, response: &Arc<StoredResponse>, waits: &RedisWaits) -> bool {
        self.is_valid(response, waits).await && self.put_whole(Entry::Response(Arc::clone(response))).await
    }

    /// Whether no invalidation after its stamp covers the response. A failure is logged, and counts as invalid.
    pub(in crate::cache) async fn is_valid(&self, response: &Arc<StoredResponse>, waits: &RedisWaits) -> bool {
        self.validity(response, waits).await.unwrap_or_else(|error| {
            warn(&error);
            false
        })
    }

    async fn validity(&self, response: &Arc<StoredResponse>, waits: &RedisWaits) -> Result<bool, StoreError> {
        let entry = Entry::Response(Arc::clone(response));
        let _ = waits;
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, consistency) => {
                Box::pin(
                    async move { tiered.is_valid_with(&entry, *consistency, &tiered.redis().wait(waits).left).await },
                )
                .await
            }
            #[cfg(feature = "redis")]
            Self::Redis(redis) => Box::pin(async move { redis.holds(&entry, &redis.wait(waits).left).await }).await,
            Self::Embedded(_) | Self::Other(_) => in_time(BUDGET, self.get().is_valid(&entry)).await,
        }
    }

    /// Whether a response that another request fetched may answer a request that began at the stamp `began`: it must
    /// not be older than an invalidation that had returned by then.
    pub(in crate::cache) async fn may_share(
        &self,
        response: &Arc<StoredResponse>,
        began: Stamp,
        waits: &RedisWaits,
    ) -> bool {
        response.stamp() >= began || self.is_valid(response, waits).await
    }

    /// Whether a request that began at the stamp `began` may wait for a response of `key` that is being computed: not
    /// if it is invalid by now. An error if the store does not tell.
    pub(in crate::cache) async fn may_wait_for(
        &self,
        key: &Key,
        provenance: &Provenance,
        (began, now): (Stamp, Instant),
        waits: &RedisWaits,
    ) -> Result<bool, StoreError> {
        if provenance.stamp() >= began {
            return Ok(true);
        }
        match self.embedded() {
            Some(embedded) => Ok(embedded.is_valid_provenance(provenance, key)),
            None => self.validity(&over(key, provenance, now), waits).await,
        }
    }

    /// Removes the response of `key`: a store has no other way than to replace it by one that is over.
    pub(in crate::cache) async fn remove(&self, key: &Key, stamp: Stamp, now: Instant, waits: &RedisWaits) {
        self.put_or_warn(Entry::Response(over(key, &Provenance::new(stamp), now)), waits).await;
    }

    /// Invalidates in the embedded store. Returns `false` if the store is another.
    pub(in crate::cache) fn invalidate_now<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> bool {
        match self.embedded() {
            Some(embedded) => {
                embedded.invalidate_now(targets);
                true
            }
            None => false,
        }
    }

    /// Returns the stamp of the invalidation.
    pub(in crate::cache) async fn invalidate(&self, targets: &[Target]) -> Result<Stamp, StoreError> {
        in_time(INVALIDATION_BUDGET, self.get().invalidate(targets)).await
    }

    pub(in crate::cache) async fn clear(&self) -> Result<(), StoreError> {
        in_time(INVALIDATION_BUDGET, self.get().clear()).await.map(drop)
    }

    pub(in crate::cache) fn has_claims(&self) -> bool {
        self.get().has_claims()
    }

    pub(in crate::cache) async fn claim(
        &self,
        key: &Key,
        record: Bytes,
        keep_for: Duration,
        waits: &RedisWaits,
    ) -> Result<ClaimOutcome, StoreError> {
        #[cfg(feature = "redis")]
        if let Some(redis) = self.redis() {
            let wait = redis.wait_for_claim(waits);
            return Box::pin(redis.claim_key(key, &record, keep_for, &wait.left)).await;
        }
        let _ = waits;
        match self.embedded() {
            Some(embedded) => Ok(embedded.claim_now(key, record, keep_for)),
            None => in_time(BUDGET, self.get().claim(key, record, keep_for)).await,
        }
    }

    pub(in crate::cache) async fn swap_claim(
        &self,
        key: &Key,
        held: &Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> Result<bool, StoreError> {
        match self.embedded() {
            Some(embedded) => Ok(embedded.swap_claim_now(key, held, next, keep_for)),
            None => in_time(BUDGET, self.get().swap_claim(key, held, next, keep_for)).await,
        }
    }

    /// Removes a record of the embedded store, if it is still `held`. Returns `false` if the store is another.
    pub(in crate::cache) fn release_claim_now(&self, key: &Key, held: &Bytes) -> bool {
        match self.embedded() {
            Some(embedded) => {
                embedded.swap_claim_now(key, held, None, Duration::ZERO);
                true
            }
            None => false,
        }
    }

    pub(in crate::cache) async fn size(&self) -> Result<StoreSize, StoreError> {
        in_time(BUDGET, self.get().size()).await
    }

    pub(in crate::cache) async fn health(&self) -> Result<(), StoreError> {
        in_time(BUDGET, self.get().health()).await
    }

    /// Checks the health of the store, and its size.
    pub(in crate::cache) async fn condition(&self, clock: &Clock) -> StoreCondition {
        let began = clock.now();
        let health = self.health().await;
        let latency = clock.now() - began;
        // An unhealthy store would only make the caller wait again.
        let size = match health {
            Ok(()) => self.size().await,
            Err(error) => Err(error),
        };
        if let Err(error) = &size {
            tracing::debug!(error = %Printable(Chain(error)), "the cache's store is unhealthy");
        }
        let status = if size.is_ok() { ProviderStatus::Healthy } else { ProviderStatus::Unhealthy };
        StoreCondition { memory: self.memory(), ..StoreCondition::new(status, latency, size.ok()) }
    }

    /// The memory in front of Redis.
    fn memory(&self) -> Option<MemoryTier> {
        match self {
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, _) => Some(tiered.memory()),
            _ => None,
        }
    }

    /// The condition of the embedded store; `None` if the store is another.
    pub(in crate::cache) fn condition_now(&self) -> Option<StoreCondition> {
        let size = self.embedded()?.measured();
        Some(StoreCondition::new(ProviderStatus::Healthy, Duration::ZERO, Some(size)))
    }

    /// The embedded store; `None` if the store is another.
    pub(in crate::cache) fn embedded(&self) -> Option<&Embedded> {
        if let Self::Embedded(embedded) = self { Some(embedded) } else { None }
    }

    /// The store in Redis, with or without memory in front of it.
    #[cfg(feature = "redis")]
    fn redis(&self) -> Option<&RedisStore> {
        match self {
            Self::Tiered(tiered, _) => Some(tiered.redis()),
            Self::Redis(redis) => Some(redis),
            Self::Embedded(_) | Self::Other(_) => None,
        }
    }

    fn get(&self) -> &dyn CacheStore {
        match self {
            Self::Embedded(embedded) => &**embedded,
            #[cfg(feature = "redis")]
            Self::Tiered(tiered, _) => tiered,
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis,
            Self::Other(other) => &**other,
        }
    }
}

/// A response without content that is over at `now`.
fn over(key: &Key, provenance: &Provenance, now: Instant) -> Arc<StoredResponse> {
    let empty = BufferedResponse::new(StatusCode::NO_CONTENT, &HeaderMap::new(), b"");
    let response = StoredResponse::new(key.clone(), empty, provenance.stamp(), now, Duration::ZERO);
    Arc::new(response.with_tags(provenance.tags()))
}

/// Logs that a store could not be reached while a request or a value needed it.
pub(in crate::cache) fn warn(error: &StoreError) {
    if error.is_known() {
        tracing::debug!(error = %Printable(Chain(error)), "a request is answered without the cache");
    } else {
        tracing::warn!(error = %Printable(Chain(error)), "a request is answered without the cache");
    }
}

async fn in_time<T>(budget: Duration, call: StoreFuture<'_, T>) -> Result<T, StoreError> {
    within(budget, call).await.unwrap_or_else(|| Err(StoreError::new(format!("no answer within {budget:?}"))))
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded(_) => "Embedded",
            #[cfg(feature = "redis")]
            Self::Tiered(..) => "Tiered",
            #[cfg(feature = "redis")]
            Self::Redis(_) => "Redis",
            Self::Other(_) => "Other",
        })
    }
}
