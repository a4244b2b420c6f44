//! The handle of an app's figures.

use std::{
    collections::BTreeMap,
    fmt,
    panic::resume_unwind,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    advice::{ObservedRoute, has_few_hits, of_breaker, of_system},
    document::MetricsDocument,
    facts::RouteFacts,
    report::{PerformanceReport, ReportSummary, ReportedRoutes},
    report_cache::{KeptReport, ReportCache},
    time_range::{InvalidRange, TimeRange},
};
use crate::{
    alerts::{Alert, Alerts},
    base::clock::Clock,
    breaker::{BreakerSnapshot, Breakers},
    cache::Cache,
    route::Method,
    statistics::{RouteStatistics, Statistics},
    system::{SystemMetrics, SystemMonitor},
};

/// The figures of an app. Handlers take it as [`Dep<Metrics>`](crate::Dep). Clones share the figures.
#[derive(Clone)]
pub struct Metrics {
    sources: Arc<MetricsSources>,
    last_report: Arc<ReportCache>,
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
        Self { sources: Arc::new(sources), last_report: Arc::default() }
    }

    /// Returns the statistics of every route since the start of the app. Hand-written routes, routekit's own endpoints
    /// and requests without a route are included once they have had a request.
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
    pub(crate) fn tick(&self) {
        let MetricsSources { statistics, cache, routes, slow, .. } = &*self.sources;
        statistics.tick();
        for facts in routes.iter().filter(|facts| facts.method == Method::Get) {
            let Some(record) = statistics.record_of(&facts.key) else { continue };
            let is_of_interest = match facts.cache_counts(cache) {
                Some(counts) => has_few_hits(&counts),
                None => record.read().totals.mean().is_some_and(|mean| mean > *slow),
            };
            record.urls().switch(is_of_interest);
        }
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
        let MetricsSources { clock, statistics, system, cache, breakers, alerts, .. } = &*self.sources;
        self.tick();
        let cache = cache.stats().await;
        MetricsDocument {
            timestamp: SystemTime::UNIX_EPOCH + clock.unix_time(),
            started_at: SystemTime::UNIX_EPOCH + statistics.started_at(),
            routes: statistics.routes(),
            alerts: alerts.active(),
            system: system.read().as_ref().clone(),
            cache,
            circuit_breakers: breakers.snapshots().into_iter().map(|breaker| (breaker.name.clone(), breaker)).collect(),
        }
    }

    /// Returns the requests of the last ten minutes by route: the end of each slot of five seconds in milliseconds
    /// since 1970, its requests, and those that the server failed. Slots without requests are missing.
    pub(crate) async fn recent(&self) -> BTreeMap<String, Vec<(u64, u64, u64)>> {
        let sources = Arc::clone(&self.sources);
        // With many routes it takes longer than a worker may be held up.
        let made = tokio::task::spawn_blocking(move || sources.statistics.recent()).await;
        made.unwrap_or_else(|error| resume_unwind(error.into_panic()))
    }

    /// Reads a window from two points in time (RFC 3339). Without `to` it ends now, and without `from` it is a day
    /// long.
    pub(crate) fn range(&self, from: Option<&str>, to: Option<&str>) -> Result<TimeRange, InvalidRange> {
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
    ) -> Result<Arc<PerformanceReport>, InvalidRange> {
        let (range, clock) = (range.into(), &self.sources.clock);
        let window = match range {
            Some(range) => range.check(clock.unix_time(), self.sources.statistics.retention())?,
            None => TimeRange::last_day(clock.unix_time()),
        };
        let mut last = self.last_report.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.serves(range, clock.now())) {
            return Ok(Arc::clone(&last.report));
        }
        let sources = Arc::clone(&self.sources);
        // With many routes it takes longer than a worker may be held up.
        let made = tokio::task::spawn_blocking(move || sources.report(window)).await;
        let report = Arc::new(made.unwrap_or_else(|error| resume_unwind(error.into_panic())));
        *last = Some(KeptReport { range, made_at: clock.now(), report: Arc::clone(&report) });
        Ok(report)
    }
}

impl MetricsSources {
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
}

impl MetricsSources {
    fn advice(&self, routes: &[RouteStatistics], breakers: &[BreakerSnapshot], system: &SystemMetrics) -> Vec<String> {
        let slow = self.slow.as_secs_f64() * 1e3;
        let of_routes = self.routes.iter().flat_map(|facts| {
            let record = self.statistics.record_of(&facts.key);
            let observed = ObservedRoute {
                facts,
                statistics: routes.iter().find(|route| route.route_key == facts.key),
                cached: facts.cache_counts(&self.cache),
                urls: record.map(|record| record.urls().finding()).unwrap_or_default(),
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
