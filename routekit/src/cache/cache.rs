//! The handle of a cache. Its methods are implemented in the rooms that they belong to.

use std::{
    fmt,
    sync::{Arc, Weak, atomic::AtomicUsize},
    time::Duration,
};

use tokio::sync::Semaphore;

#[cfg(feature = "redis")]
use crate::cache::redis::store::RedisStore;
use crate::{
    base::{clock::Clock, spawner::Spawner},
    cache::{
        backend::Store,
        coalesce::{
            detach::{BackgroundShare, permits_of_all_routes},
            flight::Flights,
            uncacheable::Uncacheable,
        },
        events::{listener::Listener, listeners::Listeners},
        stats::{
            condition::{StoreCondition, StoreSize},
            counters::{Counters, Counts},
            registry::StatsRegistry,
            report::CacheStats,
        },
        store::{contract::StoreError, entry::Entry, hot_page::HotPage, lifetime::Jitter},
        validity::cached_paths::CachedPaths,
    },
    route::Method,
};

/// How many handlers that invalidate may continue at a time after their clients have left.
const MAX_DETACHED_HANDLERS: usize = 1024;

/// A cache. Clones share its entries.
///
/// A handler takes the cache of its app as `Dep<Cache>`, to invalidate explicitly, and to keep values. All methods act
/// within one [partition](Self::partition), at first that of routes without a partition.
///
/// ```
/// use routekit::{cache::Cache, prelude::*, test::TestApp};
///
/// #[get("/prices", cache(ttl = 300, tags = "prices"))]
/// async fn prices() -> String {
///     "…".to_owned()
/// }
///
/// #[post("/webhooks/stock-exchange")]
/// async fn stock_exchange(cache: Dep<Cache>) -> Result<()> {
///     cache.invalidate_tag("prices").await.map_err(Problem::internal)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = TestApp::new(App::with_routes(routes![prices, stock_exchange]));
/// let x_cache = async || app.get("/prices").send().await.header("x-cache").unwrap().to_owned();
/// assert_eq!([x_cache().await, x_cache().await], ["MISS", "HIT"]);
/// app.post("/webhooks/stock-exchange").send().await;
/// assert_eq!(x_cache().await, "MISS");
/// # }
/// ```
#[derive(Clone)]
pub struct Cache {
    pub(in crate::cache) shared: Arc<CacheParts>,
    pub(in crate::cache) partition: Arc<str>,
}

/// The state that all clones of a cache share.
pub(in crate::cache) struct CacheParts {
    pub(in crate::cache) store: Store,
    pub(in crate::cache) clock: Clock,
    pub(in crate::cache) spawner: Option<Spawner>,
    pub(in crate::cache) jitter: Jitter,
    pub(in crate::cache) flights: Arc<Flights>,
    pub(in crate::cache) uncacheable: Uncacheable,
    pub(in crate::cache) listeners: Listeners,
    /// A permit for each fetch, of any route, whose client has left.
    pub(in crate::cache) abandoned: Arc<Semaphore>,
    /// The background work for values of the program.
    pub(in crate::cache) background: BackgroundShare,
    /// Permits for handlers that invalidate and whose clients have disconnected.
    pub(in crate::cache) handlers: Arc<Semaphore>,
    pub(in crate::cache) values: ValueSettings,
    /// The number of fills of values that run outside a flight.
    pub(in crate::cache) fills_alone: AtomicUsize,
    pub(in crate::cache) stats: StatsRegistry,
    /// The paths that layers of this cache store responses for.
    pub(in crate::cache) paths: CachedPaths,
    /// The store, if it is in Redis.
    #[cfg(feature = "redis")]
    pub(in crate::cache) redis: Option<RedisStore>,
}

/// The settings for values.
#[derive(Debug, Clone)]
pub(in crate::cache) struct ValueSettings {
    /// The prefix of the key of each value.
    pub(in crate::cache) key_prefix: String,
    /// `None` if the program does not set it. Also the `ttl` of routes without one.
    pub(in crate::cache) default_ttl: Option<Duration>,
    /// Longer keys, in bytes, are hashed.
    pub(in crate::cache) max_key_length: usize,
    /// Longer values, in bytes, are compressed.
    pub(in crate::cache) compression_threshold: u64,
}

impl Default for ValueSettings {
    fn default() -> Self {
        Self {
            key_prefix: "api:cache:".to_owned(),
            default_ttl: None,
            max_key_length: 250,
            compression_threshold: 1024,
        }
    }
}

impl Cache {
    pub(super) fn of(parts: CacheParts) -> Self {
        Self { shared: Arc::new(parts), partition: "".into() }
    }

    pub(super) fn parts(
        store: Store,
        clock: Clock,
        spawner: Option<Spawner>,
        jitter: Jitter,
        (listeners, values): (Vec<Listener>, ValueSettings),
    ) -> CacheParts {
        let abandoned = permits_of_all_routes();
        CacheParts {
            store,
            background: BackgroundShare::new(spawner.as_ref(), &abandoned),
            abandoned,
            spawner,
            jitter,
            flights: Arc::default(),
            uncacheable: Uncacheable::new(clock.now()),
            clock,
            listeners: Listeners::new(listeners),
            handlers: Arc::new(Semaphore::new(MAX_DETACHED_HANDLERS)),
            values,
            fills_alone: AtomicUsize::new(0),
            stats: StatsRegistry::default(),
            paths: CachedPaths::default(),
            #[cfg(feature = "redis")]
            redis: None,
        }
    }

    /// Returns the same cache within the partition `name`, such as that of a tenant. It is the partition that
    /// `partition = …` of a route returns. Layers and apps with this handle use its partition by default.
    #[must_use]
    pub fn partition(&self, name: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), partition: name.into() }
    }

    /// The background work of one more route.
    pub(in crate::cache) fn background_share(&self) -> BackgroundShare {
        BackgroundShare::new(self.shared.spawner.as_ref(), &self.shared.abandoned)
    }

    /// Returns the size of the store, in all partitions.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn size(&self) -> Result<StoreSize, StoreError> {
        self.shared.store.size().await
    }

    /// Checks whether the store can be reached.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.shared.store.health().await
    }

    /// Returns the counts of the cache since it was built, in all partitions, and the condition of its store. A store
    /// that cannot be reached is part of the report.
    pub async fn stats(&self) -> CacheStats {
        let condition = self.condition().await;
        CacheStats::new(self.shared.stats.read(), condition, self.shared.clock.unix_time())
    }

    /// The counts of plain layers, and of the program.
    pub(crate) fn counts_by_hand(&self) -> (Counts, Counts) {
        let counts = self.shared.stats.read();
        (counts.layers, counts.program)
    }

    /// The counters of a route; `None` if it is neither cached here nor invalidates.
    pub(crate) fn counters_of(&self, method: Method, path: &str) -> Option<Arc<Counters>> {
        self.shared.stats.route(method, path)
    }

    pub(crate) async fn condition(&self) -> StoreCondition {
        self.shared.store.condition(&self.shared.clock).await
    }

    /// The condition of the store; `None` if it is not the embedded one.
    pub(crate) fn condition_now(&self) -> Option<StoreCondition> {
        self.shared.store.condition_now()
    }

    /// Whether the store is in this process, and answers at once.
    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self.shared.store, Store::Embedded(_))
    }

    /// Returns the pages of this partition, hottest first ([`Embedded`](super::store::embedded::Embedded)); none with a
    /// store outside of this process.
    pub(crate) fn hot_pages(&self) -> impl Iterator<Item = HotPage> {
        let entries = self.shared.store.embedded().into_iter().flat_map(|embedded| embedded.hottest_first());
        entries.filter_map(|entry| match entry {
            Entry::Response(response) => HotPage::of(response.key(), &self.partition),
            Entry::VariesBy(_) => None,
        })
    }

    /// Whether both handles share their entries.
    pub(in crate::cache) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Returns a weak reference to the cache.
    pub(crate) fn downgrade(&self) -> WeakCache {
        WeakCache { shared: Arc::downgrade(&self.shared), partition: Arc::clone(&self.partition) }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("store", &self.shared.store)
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}

/// A weak reference to a cache.
#[derive(Clone)]
pub(crate) struct WeakCache {
    shared: Weak<CacheParts>,
    partition: Arc<str>,
}

impl WeakCache {
    /// Returns the cache; `None` if no handle keeps it alive.
    pub(crate) fn upgrade(&self) -> Option<Cache> {
        self.shared.upgrade().map(|shared| Cache { shared, partition: Arc::clone(&self.partition) })
    }
}
