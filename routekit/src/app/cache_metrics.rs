//! How what a cache counts reaches the metrics of an app, without either knowing the other.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::mount::Candidate;
use crate::{
    cache::{Cache, Counters, Counts, ProviderStatus, StoreCondition, WeakCache},
    metrics::{CacheMetrics, CacheRequests, CacheStoreMetrics, CacheUser, SharedRecorder, Source, Total},
};

/// How often a store that is not in this process is asked how it is, where nobody scrapes who would.
const INTERVAL: Duration = Duration::from_secs(10);

/// The series of an app's cache, and where their numbers are.
pub(super) struct CacheMetering {
    /// It goes with the routes of the app, and so does this.
    cache: WeakCache,
    metrics: CacheMetrics,
    users: Vec<User>,
    layers: (CacheRequests, Total),
    program: (CacheRequests, Total),
    /// From the moment that something is known of it.
    store: OnceLock<CacheStoreMetrics>,
}

/// A route that has something to do with the cache.
struct User {
    counters: Arc<Counters>,
    requests: Option<CacheRequests>,
    invalidations: Option<Total>,
}

impl CacheMetering {
    /// Of these routes, whose layers are made. All series are there at once.
    pub(super) fn new(cache: &Cache, recorder: SharedRecorder, candidates: &[Candidate]) -> Arc<Self> {
        let metrics = CacheMetrics::new(recorder);
        let user = |candidate: &Candidate| {
            let (method, policies) = (candidate.route.meta().method, &candidate.policies);
            let counters = cache.counters_of(method, &candidate.path)?;
            let user = CacheUser::Route(method.as_str(), &candidate.path);
            let cached = policies.cache.is_some();
            let invalidates = !cached || policies.invalidates.is_some() || !policies.wanted_by.is_empty();
            let invalidations = invalidates.then(|| metrics.invalidations(user));
            Some(User { counters, requests: cached.then(|| metrics.requests(user)), invalidations })
        };
        let users = candidates.iter().filter_map(user).collect();
        let both = |user| (metrics.requests(user), metrics.invalidations(user));
        let (layers, program) = (both(CacheUser::Layers), both(CacheUser::Program));
        let store = OnceLock::new();
        let metering = Self { cache: cache.downgrade(), users, layers, program, store, metrics };
        metering.bring();
        Arc::new(metering)
    }

    /// Asks a store that is not in this process, again and again.
    pub(super) async fn run(self: Arc<Self>) {
        while self.cache.upgrade().is_some_and(|cache| !cache.is_embedded()) {
            self.ask().await;
            tokio::time::sleep(INTERVAL).await;
        }
    }

    fn tell(&self, condition: &StoreCondition) {
        let store = self.store.get_or_init(|| self.metrics.store());
        match (condition.provider.status, condition.size) {
            (ProviderStatus::Healthy, Some(size)) => store.up(size.entries, size.bytes, size.evictions),
            (ProviderStatus::Healthy, None) | (ProviderStatus::Unhealthy, _) => store.down(),
        }
    }
}

impl Source for CacheMetering {
    fn bring(&self) -> bool {
        for user in &self.users {
            let counts = user.counters.read();
            if let Some(requests) = &user.requests {
                bring(requests, &counts);
            }
            if let Some(invalidations) = &user.invalidations {
                invalidations.bring(counts.invalidations());
            }
        }
        let Some(cache) = self.cache.upgrade() else { return false };
        let (layers, program) = cache.counts_by_hand();
        for ((requests, invalidations), counts) in [(&self.layers, layers), (&self.program, program)] {
            bring(requests, &counts);
            invalidations.bring(counts.invalidations());
        }
        if let Some(condition) = cache.condition_now() {
            self.tell(&condition);
        }
        true
    }

    fn ask(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            // A store in this process is asked by `bring`.
            if let Some(cache) = self.cache.upgrade().filter(|cache| !cache.is_embedded()) {
                self.tell(&cache.condition().await);
            }
        })
    }
}

fn bring(series: &CacheRequests, counts: &Counts) {
    series.hits.bring(counts.hits());
    series.misses.bring(counts.misses());
    series.stale.bring(counts.stale());
    series.bypasses.bring(counts.bypasses());
    series.sets.bring(counts.sets());
    series.refreshes.bring(counts.refreshes());
}
