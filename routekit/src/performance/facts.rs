//! What is known of routes before their first request.

use std::{sync::Arc, time::Duration};

use crate::{
    cache::{Cache, Counts},
    recording::RouteRecord,
    route::Method,
};

/// The settings of a route that advice depends on.
#[derive(Debug, Clone)]
pub(crate) struct RouteFacts {
    /// The key of its statistics.
    pub(crate) key: String,
    pub(crate) record: Arc<RouteRecord>,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) is_cached: bool,
    pub(crate) breaker: Option<String>,
}

impl RouteFacts {
    /// What the cache did for a cached route since the start of the app.
    pub(super) fn cache_counts(&self, cache: &Cache) -> Option<Counts> {
        let counters = cache.counters_of(self.method, &self.path).filter(|_| self.is_cached)?;
        Some(counters.read())
    }
}
