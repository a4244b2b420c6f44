//! The builder of a cache.

use std::{any::Any, future::Future, sync::Arc, time::Duration};

use crate::{
    base::{clock::Clock, spawner::Spawner},
    cache::{
        backend::Store,
        cache::{Cache, ValueSettings},
        events::{event::Invalidation, listener::Listener},
        store::{
            contract::CacheStore,
            embedded::{DEFAULT_BYTES, Embedded},
            lifetime::Jitter,
        },
    },
};

#[cfg(feature = "redis")]
use crate::cache::{cache::CacheParts, redis::store::RedisStore, tiered::store::TieredStore};

/// The largest share by which lifetimes are shortened, by default.
const JITTER: f64 = 0.1;

/// Builds a [`Cache`].
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct CacheBuilder {
    storage: Storage,
    clock: Option<Clock>,
    spawner: Option<Spawner>,
    jitter: Option<f64>,
    listeners: Vec<Listener>,
    values: ValueSettings,
    /// The store, if it is in Redis.
    #[cfg(feature = "redis")]
    redis: Option<RedisStore>,
}

/// The storage of entries.
#[derive(Debug)]
enum Storage {
    /// An embedded store of this size.
    Embedded { bytes: Option<u64>, tags: Option<usize>, claims: Option<u64> },
    /// The program's own store.
    Own(Store),
    /// The storage of this cache, which is already built.
    Built(Cache),
}

impl Default for Storage {
    fn default() -> Self {
        Self::Embedded { bytes: None, tags: None, claims: None }
    }
}

impl CacheBuilder {
    /// Sets the size of the embedded store, in bytes. Defaults to 64 MiB.
    pub fn max_bytes(self, bytes: u64) -> Self {
        let (_, tags, claims) = self.sizes();
        Self { storage: Storage::Embedded { bytes: Some(bytes), tags, claims }, ..self }
    }

    /// Sets approximately how many invalidated tags the embedded store remembers. Defaults to one for 512 bytes of its
    /// size. If there are more, the oldest invalidations are forgotten, and everything that was stored before them
    /// becomes invalid.
    pub fn tag_capacity(self, tags: usize) -> Self {
        let (bytes, _, claims) = self.sizes();
        Self { storage: Storage::Embedded { bytes, tags: Some(tags), claims }, ..self }
    }

    /// Sets the size of the records of [idempotency keys](crate::idempotency) in the embedded store, in bytes, in
    /// addition to that of the entries. Beyond it, requests with new keys are answered with 503. Defaults to 64 MiB.
    pub fn claim_bytes(self, bytes: u64) -> Self {
        let (entries, tags, _) = self.sizes();
        Self { storage: Storage::Embedded { bytes: entries, tags, claims: Some(bytes) }, ..self }
    }

    /// Stores entries in `store`. Defaults to an [`Embedded`] store.
    pub fn store(mut self, store: impl CacheStore) -> Self {
        let mut store = Some(store);
        #[cfg(feature = "redis")]
        {
            if let Some(redis) = (&store as &dyn Any).downcast_ref::<Option<RedisStore>>().cloned().flatten() {
                self.redis = Some(redis.clone());
                self.storage = Storage::Own(Store::Redis(redis));
                return self;
            }
            let tiered = (&store as &dyn Any).downcast_ref::<Option<TieredStore>>().cloned().flatten();
            if let Some(tiered) = tiered {
                self.redis = Some(tiered.redis().clone());
                let consistency = tiered.consistency();
                self.storage = Storage::Own(Store::Tiered(tiered, consistency));
                return self;
            }
        }
        let embedded = (&mut store as &mut dyn Any).downcast_mut::<Option<Embedded>>().and_then(Option::take);
        self.storage = Storage::Own(match (embedded, store) {
            // It is called directly, without boxed futures.
            (Some(embedded), _) => Store::Embedded(Arc::new(embedded)),
            (None, Some(other)) => Store::Other(Arc::new(other)),
            (None, None) => unreachable!("only a taken store is missing"),
        });
        self
    }

    /// Sets the clock for the age of entries. Defaults to the app's, or else the system's. An [`Embedded`] store that
    /// is passed to [`store`](Self::store) has its own.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the spawner of work that continues after its client has disconnected: fetches, refreshes, and handlers that
    /// invalidate. Defaults to the app's. Without one, a fetch ends with its client, and stale responses are not
    /// refreshed.
    pub fn spawner(mut self, spawner: Spawner) -> Self {
        self.spawner = Some(spawner);
        self
    }

    /// Sets the largest share by which lifetimes that come from a `ttl` are shortened at random, in [0, 1]. Defaults to
    /// 0.1, a tenth.
    ///
    /// # Panics
    /// If the share is not between 0 and 1.
    #[track_caller]
    pub fn ttl_jitter(mut self, share: f64) -> Self {
        assert!((0.0..=1.0).contains(&share), "`ttl_jitter` must be between 0 and 1, and is {share}");
        self.jitter = Some(share);
        self
    }

    /// Calls `tell` after each successful invalidation in this process, to purge copies in outer caches. See
    /// [`App::on_invalidate`](crate::App::on_invalidate), which does the same for the cache of an app.
    ///
    /// Without a [`spawner`](Self::spawner), the caller of an invalidation waits for the listeners too.
    pub fn on_invalidate<F, R>(mut self, tell: F) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.listeners.push(Listener::new(tell, None));
        self
    }

    /// Calls `tell` like [`on_invalidate`](Self::on_invalidate), and makes the caller of an invalidation wait for it,
    /// for at most `limit`. See [`App::on_invalidate_wait`](crate::App::on_invalidate_wait).
    pub fn on_invalidate_wait<F, R>(mut self, limit: Duration, tell: F) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.listeners.push(Listener::new(tell, Some(limit)));
        self
    }

    /// Sets the prefix of the keys of values, so that several programs can share a store. Tags and patterns do not
    /// include it. Defaults to `api:cache:`.
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.values.key_prefix = prefix.into();
        self
    }

    /// Sets the lifetime of values whose options have none. Defaults to five minutes. If set, it is also the `ttl` of
    /// cached routes without one.
    pub fn default_ttl(mut self, ttl: Duration) -> Self {
        self.values.default_ttl = Some(ttl);
        self
    }

    /// Sets the length of the longest key of a value, in bytes, with prefix and partition. A longer key is stored as
    /// its SHA-256, and compared in full when it is read. Defaults to 250.
    pub fn max_key_length(mut self, bytes: usize) -> Self {
        self.values.max_key_length = bytes;
        self
    }

    /// Sets the size from which values are compressed, in bytes after serialisation, unless their options forbid it.
    /// Only has an effect with the feature `cache-compression`. Defaults to 1,024.
    pub fn compression_threshold(mut self, bytes: u64) -> Self {
        self.values.compression_threshold = bytes;
        self
    }

    fn sizes(&self) -> (Option<u64>, Option<usize>, Option<u64>) {
        match self.storage {
            Storage::Embedded { bytes, tags, claims } => (bytes, tags, claims),
            Storage::Own(_) | Storage::Built(_) => (None, None, None),
        }
    }

    /// The size of the embedded store.
    #[cfg(feature = "redis")]
    pub(crate) fn bytes(&self) -> u64 {
        self.sizes().0.unwrap_or(DEFAULT_BYTES)
    }

    /// Whether the program's own store, or a cache that is already built, determines the size.
    pub(crate) fn is_sized_elsewhere(&self) -> bool {
        !matches!(self.storage, Storage::Embedded { .. })
    }

    /// Whether the cache is already built.
    pub(crate) fn is_made(&self) -> bool {
        matches!(self.storage, Storage::Built(_))
    }

    /// The store, if it is in Redis.
    #[cfg(feature = "redis")]
    pub(crate) fn redis(&self) -> Option<&RedisStore> {
        match &self.storage {
            Storage::Built(cache) => cache.shared.redis.as_ref(),
            Storage::Embedded { .. } | Storage::Own(_) => self.redis.as_ref(),
        }
    }

    /// The [`default_ttl`](Self::default_ttl), if it is set.
    pub(crate) fn said_default_ttl(&self) -> Option<Duration> {
        match &self.storage {
            Storage::Built(cache) => cache.shared.values.default_ttl,
            Storage::Embedded { .. } | Storage::Own(_) => self.values.default_ttl,
        }
    }

    /// Sets the clock and the spawner if they are not set.
    pub(crate) fn or(mut self, clock: &Clock, spawner: &Spawner) -> Self {
        self.clock.get_or_insert_with(|| clock.clone());
        self.spawner.get_or_insert_with(|| spawner.clone());
        self
    }

    /// Builds the cache.
    #[must_use]
    pub fn build(self) -> Cache {
        let clock = self.clock.unwrap_or_default();
        let store = match self.storage {
            Storage::Built(cache) => {
                self.listeners.into_iter().for_each(|listener| cache.shared.listeners.add(listener));
                return cache;
            }
            Storage::Own(store) => store,
            Storage::Embedded { bytes, tags, claims } => {
                let bytes = bytes.unwrap_or(DEFAULT_BYTES);
                let embedded = match tags {
                    Some(tags) => Embedded::with_tags(bytes, tags),
                    None => Embedded::new(bytes),
                };
                let embedded = match claims {
                    Some(claims) => embedded.claim_bytes(claims),
                    None => embedded,
                };
                Store::Embedded(Arc::new(embedded.clock(clock.clone())))
            }
        };
        let jitter = Jitter::new(self.jitter.unwrap_or(JITTER));
        let parts = Cache::parts(store, clock, self.spawner, jitter, (self.listeners, self.values));
        #[cfg(feature = "redis")]
        let parts = CacheParts { redis: self.redis, ..parts };
        Cache::of(parts)
    }
}

/// Wraps a cache that is already built: only listeners can be added.
impl From<Cache> for CacheBuilder {
    fn from(built: Cache) -> Self {
        Self { storage: Storage::Built(built), ..Self::default() }
    }
}

impl Cache {
    /// Creates a cache in memory, of 64 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a builder with the defaults.
    pub fn builder() -> CacheBuilder {
        CacheBuilder::default()
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::new()
    }
}
