//! A check of the store of a cache.

use crate::{
    cache::{Cache, ProviderStatus},
    health::{check::HealthCheck, result::HealthCheckResult},
};

impl HealthCheck {
    /// Creates a check of the store of a cache, named `cache`. It is degraded while the store cannot be reached: the
    /// app answers without its cache.
    ///
    /// `details.latency` is how long the store took, in milliseconds.
    ///
    /// ```
    /// # use routekit::{App, Spawner, cache::Cache, health::HealthCheck};
    /// let cache = Cache::builder().spawner(Spawner::tokio()).build();
    /// let app = App::discover().health(HealthCheck::cache(cache.clone())).cache(cache);
    /// ```
    pub fn cache(cache: Cache) -> Self {
        Self::new("cache", async move || {
            let provider = cache.condition().await.provider;
            let result = match provider.status {
                ProviderStatus::Healthy => HealthCheckResult::healthy(),
                ProviderStatus::Unhealthy => HealthCheckResult::degraded("the store of the cache cannot be reached"),
            };
            result.with_detail("latency", provider.latency.as_secs_f64() * 1000.0)
        })
    }
}
