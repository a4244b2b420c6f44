//! The handle of an app's figures.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    advice::{ObservedRoute, has_few_hits, of_breaker, of_system},
    document::MetricsDocument,
    facts::RouteFacts,
    few_threads::FewThreads,
    report::{PerformanceReport, ReportSummary, ReportedRoutes},
    report_cache::{KeptReport, ReportCache},
    time_range::{TimeRange, TimeRangeError},
};
use crate::{
    alerts::{Alert, Alerts},
    base::clock::Clock,
    breaker::{BreakerSnapshot, Breakers},
    cache::{Cache, CacheStats},
    recording::RequestTotals,
    route::Method,
    statistics::{RouteStatistics, Statistics},
    system::{SystemMetrics, SystemMonitor},
};

/// The time in which a mean shows whether a route is slow now.
const RECENT: Duration = Duration::from_secs(5 * 60);

/// The figures of an app. Handlers take it as [`Dep<Metrics>`](crate::Dep). Clones share the figures.
#[derive(Clone)]
pub struct Metrics {
    sources: Arc<MetricsSources>,
    last_report: Arc<ReportCache>,
    threads: FewThreads,
}

/// Where the figures come from.
pub(crate) struct MetricsSources {
    pub(crate) clock: Clock,
    pub(crate) routes: Vec<RouteFacts>,
    /// The duration from which a route without a threshold of its own is slow.
    pub(crate) slow: Duration,
    pub(crate) statistics: Statistics,
    pub(crate) system: SystemMonitor,
    pub(crate) cache: Cache,
    pub(crate) breakers: Breakers,
    pub(crate) alerts: Alerts,
}

impl Metrics {
    pub(crate) fn new(sources: MetricsSources) -> Self {
        Self { sources: Arc::new(sources), last_report: Arc::default(), threads: FewThreads::new(2) }
    }

    /// Returns the statistics of every route since the start of the app. Hand-written routes, routekit's own endpoints
    /// and requests without a route are included once they have had a request. With many routes it takes milliseconds.
    #[must_use]
    pub fn route_metrics(&self) -> Vec<RouteStatistics> {
        self.sources.statistics.routes()
    }

    /// Returns the statistics of the route with this key, such as `GET:/users:default`.
    #[must_use]
    pub fn route_metrics_of(&self, key: &str) -> Option<RouteStatistics> {
        self.sources.statistics.route(key)
    }

    /// Reads all statistics, and measures the URLs of routes whose advice depends on them.
    pub(crate) async fn tick(&self) {
        self.off_worker(MetricsSources::tick).await;
    }

    /// Returns CPU, memory, async runtime and allocator of now.
    #[must_use]
    pub fn system_metrics(&self) -> SystemMetrics {
        self.sources.system.read().as_ref().clone()
    }

    /// Returns the alerts that are active, the most severe ones first.
    #[must_use]
    pub fn active_alerts(&self) -> Vec<Alert> {
        self.sources.alerts.active()
    }

    /// Returns all figures. It asks the store of the cache, which may be in another process.
    pub async fn document(&self) -> MetricsDocument {
        let cache = self.sources.cache.stats().await;
        self.off_worker(|sources| sources.document(cache)).await
    }

    /// Returns the requests of the last ten minutes by route: the end of each slot of five seconds in milliseconds
    /// since 1970, its requests, and those that the server failed. Slots without requests are missing.
    pub(crate) async fn recent(&self) -> BTreeMap<String, Vec<(u64, u64, u64)>> {
        self.off_worker(|sources| sources.statistics.recent()).await
    }

    /// Reads a window from two points in time (RFC 3339). Without `to` it ends now, and without `from` it is a day
    /// long.
    pub(crate) fn range(&self, from: Option<&str>, to: Option<&str>) -> Result<TimeRange, TimeRangeError> {
        TimeRange::parse(from, to, self.sources.clock.unix_time())
    }

    /// Returns the report about a window of time, or about the last 24 hours. A report for the same window is made anew
    /// after five seconds.
    ///
    /// # Errors
    /// If the window begins in the future, or before the days that statistics are kept for.
    pub async fn report(
        &self,
        range: impl Into<Option<TimeRange>> + Send,
    ) -> Result<Arc<PerformanceReport>, TimeRangeError> {
        let (range, clock) = (range.into(), &self.sources.clock);
        let window = match range {
            Some(range) => range.check(clock.unix_time(), self.sources.statistics.retention())?,
            None => TimeRange::last_day(clock.unix_time()),
        };
        let mut last = self.last_report.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.serves(range, clock.now())) {
            return Ok(Arc::clone(&last.report));
        }
        let report = Arc::new(self.off_worker(move |sources| sources.report(window)).await);
        *last = Some(KeptReport { range, made_at: clock.now(), report: Arc::clone(&report) });
        Ok(report)
    }

    /// Runs work on a thread where it holds up no request: with many routes it takes longer than a worker has.
    async fn off_worker<T: Send + 'static>(&self, work: impl FnOnce(&MetricsSources) -> T + Send + 'static) -> T {
        let sources = Arc::clone(&self.sources);
        self.threads.run(move || work(&sources)).await
    }
}

impl MetricsSources {
    fn tick(&self) {
        // Reads all records, too.
        let last: HashMap<String, RequestTotals> =
            self.statistics.last(RECENT).into_iter().map(|(identity, totals)| (identity.key(), totals)).collect();
        for facts in self.routes.iter().filter(|facts| facts.method == Method::Get) {
            let is_of_interest = match facts.cache_counts(&self.cache) {
                Some(counts) => has_few_hits(&counts),
                None => last.get(&facts.key).and_then(RequestTotals::mean).is_some_and(|mean| mean > self.slow),
            };
            facts.record.urls().switch(is_of_interest);
        }
    }

    fn document(&self, cache: CacheStats) -> MetricsDocument {
        self.tick();
        let breakers = self.breakers.snapshots().into_iter();
        MetricsDocument {
            timestamp: SystemTime::UNIX_EPOCH + self.clock.unix_time(),
            started_at: SystemTime::UNIX_EPOCH + self.statistics.started_at(),
            routes: self.statistics.routes(),
            alerts: self.alerts.active(),
            system: self.system.read().as_ref().clone(),
            cache,
            circuit_breakers: breakers.map(|breaker| (breaker.name.clone(), breaker)).collect(),
        }
    }

    fn report(&self, range: TimeRange) -> PerformanceReport {
        let window = self.statistics.window(range.first(), range.last());
        let (routes, breakers) = (window.statistics(), self.breakers.snapshots());
        let (system, alerts) = (self.system.read(), self.alerts.active());
        let slow = self.slow.as_secs_f64() * 1e3;
        let advice = self.advice(&routes, &breakers, &system);
        PerformanceReport {
            generated_at: SystemTime::UNIX_EPOCH + self.clock.unix_time(),
            started_at: SystemTime::UNIX_EPOCH + self.statistics.started_at(),
            time_range: TimeRange::of_window(window.from, window.to),
            summary: ReportSummary::new(&routes, alerts.len()),
            alerts,
            system_metrics: system.as_ref().clone(),
            recommendations: advice,
            route_metrics: ReportedRoutes::new(&routes, slow),
        }
    }

    fn advice(&self, routes: &[RouteStatistics], breakers: &[BreakerSnapshot], system: &SystemMetrics) -> Vec<String> {
        let slow = self.slow.as_secs_f64() * 1e3;
        let by_key: HashMap<&str, &RouteStatistics> =
            routes.iter().map(|route| (route.route_key.as_str(), route)).collect();
        let of_routes = self.routes.iter().flat_map(|facts| {
            let observed = ObservedRoute {
                facts,
                statistics: by_key.get(facts.key.as_str()).copied(),
                cached: facts.cache_counts(&self.cache),
                urls: facts.record.urls().finding(),
            };
            observed.advice(slow)
        });
        let of_breakers = breakers.iter().filter_map(|breaker| of_breaker(breaker, &self.routes));
        of_routes.chain(of_breakers).chain(of_system(system)).collect()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
