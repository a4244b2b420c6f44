//! Copies the counters of a cache to the metrics of an app. Neither depends on the other.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::app::declared::DeclaredRoute;
use crate::{
    cache::{Cache, Counters, Counts, MemoryTier, ProviderStatus, StoreCondition, WeakCache},
    metrics::{
        CacheMemoryMetrics, CacheMetrics, CacheRequests, CacheStoreMetrics, CacheUser, MetricSource, SharedRecorder,
        Total,
    },
};

/// How often the health of a store outside this process is checked if no scrape checks it.
const INTERVAL: Duration = Duration::from_secs(10);

/// The series of an app's cache, and the counters behind them.
pub(in crate::app) struct CacheMetering {
    /// Weak: the metrics of an app do not keep its cache alive.
    cache: WeakCache,
    metrics: CacheMetrics,
    users: Vec<RouteUser>,
    layers: (CacheRequests, Total),
    program: (CacheRequests, Total),
    /// Set once the state of the store is known.
    store: OnceLock<CacheStoreMetrics>,
    /// Set if the store has memory in front of it.
    memory: OnceLock<CacheMemoryMetrics>,
}

/// A route that is cached or invalidates.
struct RouteUser {
    counters: Arc<Counters>,
    requests: Option<CacheRequests>,
    invalidations: Option<Total>,
}

impl CacheMetering {
    /// Registers all series of these routes. The layers of the routes must exist, because they register the counters.
    pub(in crate::app) fn new(cache: &Cache, recorder: SharedRecorder, routes: &[DeclaredRoute]) -> Arc<Self> {
        let metrics = CacheMetrics::new(recorder);
        let user = |declared: &DeclaredRoute| {
            let (method, policies) = (declared.route.meta().method, &declared.policies);
            let counters = cache.counters_of(method, &declared.path)?;
            let user = CacheUser::Route(method.as_str(), &declared.path);
            let cached = policies.cache.is_some();
            let invalidates = !cached || policies.invalidates.is_some() || !policies.wanted_by.is_empty();
            let invalidations = invalidates.then(|| metrics.invalidations(user));
            Some(RouteUser { counters, requests: cached.then(|| metrics.requests(user)), invalidations })
        };
        let users = routes.iter().filter_map(user).collect();
        let both = |user| (metrics.requests(user), metrics.invalidations(user));
        let (layers, program) = (both(CacheUser::Layers), both(CacheUser::Program));
        let (store, memory) = (OnceLock::new(), OnceLock::new());
        let metering = Self { cache: cache.downgrade(), users, layers, program, store, memory, metrics };
        metering.update();
        Arc::new(metering)
    }

    /// Checks a store outside this process repeatedly.
    pub(in crate::app) async fn run(self: Arc<Self>) {
        while self.cache.upgrade().is_some_and(|cache| !cache.is_embedded()) {
            self.fetch().await;
            tokio::time::sleep(INTERVAL).await;
        }
    }

    fn tell(&self, condition: &StoreCondition) {
        let store = self.store.get_or_init(|| self.metrics.store());
        match (condition.provider.status, condition.size) {
            (ProviderStatus::Healthy, Some(size)) => store.up((size.entries, size.bytes), size.evictions, size.flushes),
            (ProviderStatus::Healthy, None) | (ProviderStatus::Unhealthy, _) => store.down(),
        }
        if let Some(MemoryTier { live, entries, bytes, lost_writes, .. }) = condition.memory {
            let memory = self.memory.get_or_init(|| self.metrics.memory());
            memory.update(live, (entries, bytes), lost_writes);
        }
    }
}

impl MetricSource for CacheMetering {
    fn update(&self) -> bool {
        for user in &self.users {
            let counts = user.counters.read();
            if let Some(requests) = &user.requests {
                update(requests, &counts);
            }
            if let Some(invalidations) = &user.invalidations {
                invalidations.update(counts.invalidations());
            }
        }
        let Some(cache) = self.cache.upgrade() else { return false };
        let (layers, program) = cache.counts_by_hand();
        for ((requests, invalidations), counts) in [(&self.layers, layers), (&self.program, program)] {
            update(requests, &counts);
            invalidations.update(counts.invalidations());
        }
        if let Some(condition) = cache.condition_now() {
            self.tell(&condition);
        }
        true
    }

    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            // `update` reads the state of a store in this process.
            if let Some(cache) = self.cache.upgrade().filter(|cache| !cache.is_embedded()) {
                self.tell(&cache.condition().await);
            }
        })
    }
}

fn update(series: &CacheRequests, counts: &Counts) {
    series.hits.update(counts.hits());
    series.misses.update(counts.misses());
    series.stale.update(counts.stale());
    series.bypasses.update(counts.bypasses());
    series.sets.update(counts.sets());
    series.refreshes.update(counts.refreshes());
}
