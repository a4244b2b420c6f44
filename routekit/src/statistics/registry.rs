//! All routes of an app.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{route_identity::RouteIdentity, route_series::RouteSeries, route_statistics::RouteStatistics};
use crate::{
    base::clock::Clock,
    recording::{RequestBounds, RequestTotals, RouteRecord},
};

/// The statistics of an app. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Statistics(Arc<Registry>);

#[derive(Debug)]
struct Registry {
    bounds: RequestBounds,
    clock: Clock,
    /// The start of the app, from which all times in histories count.
    start: Instant,
    /// The same as the time since 1970.
    started_at: Duration,
    retention: Duration,
    routes: Mutex<Vec<Arc<RouteSeries>>>,
}

/// The requests of a window of time.
#[derive(Debug)]
pub(crate) struct Window {
    /// The time that the window covers, as times since 1970: it begins and ends with a slot of the histories.
    pub(crate) from: Duration,
    pub(crate) to: Duration,
    /// Routes with requests in it.
    pub(crate) routes: Vec<(RouteIdentity, RequestTotals)>,
}

impl Window {
    /// The statistics of the routes in this window.
    pub(crate) fn statistics(&self) -> Vec<RouteStatistics> {
        let seconds = self.to.saturating_sub(self.from).as_secs_f64().max(1.0);
        let statistics = self.routes.iter().map(|(identity, totals)| {
            let mut statistics = RouteStatistics::new(identity, totals, None);
            #[expect(clippy::cast_precision_loss, reason = "a rate")]
            let rate = statistics.total_requests as f64 / seconds;
            statistics.requests_per_second = rate;
            statistics
        });
        statistics.collect()
    }
}

impl Statistics {
    /// Creates the statistics of an app that starts now. Windows reach back as far as `retention`.
    pub(crate) fn new(bounds: RequestBounds, clock: Clock, retention: Duration) -> Self {
        let (start, started_at) = (clock.now(), clock.unix_time());
        Self(Arc::new(Registry { bounds, clock, start, started_at, retention, routes: Mutex::default() }))
    }

    /// The record of a route, which is created if there is none.
    pub(crate) fn record(&self, identity: RouteIdentity) -> Arc<RouteRecord> {
        let registry = &*self.0;
        let mut routes = registry.routes.lock();
        let key = identity.key();
        if let Some(known) = routes.iter().find(|known| known.key == key) {
            return Arc::clone(&known.record);
        }
        let record = RouteRecord::new(registry.bounds.clone());
        let series = Arc::new(RouteSeries::new(identity, record, registry.retention));
        let record = Arc::clone(&series.record);
        routes.push(series);
        record
    }

    /// When the app started, as the time since 1970. Counts since the start of another process begin again at 0.
    pub(crate) fn started_at(&self) -> Duration {
        self.0.started_at
    }

    /// How far windows reach back.
    pub(crate) fn retention(&self) -> Duration {
        self.0.retention
    }

    /// The statistics of all routes since the start, in the order of registration. Routes that are not declared are
    /// left out before their first request.
    pub(crate) fn routes(&self) -> Vec<RouteStatistics> {
        let (now, routes) = self.read();
        let boot = self.0.clock.unix_time().saturating_sub(now);
        let shown = routes.iter().map(|series| (series.identity.is_declared, series.statistics(now, boot)));
        shown.filter(|(declared, statistics)| *declared || statistics.total_requests > 0).map(|shown| shown.1).collect()
    }

    /// The statistics of the route with this key.
    pub(crate) fn route(&self, key: &str) -> Option<RouteStatistics> {
        let series = self.0.routes.lock().iter().find(|series| series.key == key).cloned()?;
        let now = self.now();
        series.tick(now);
        Some(series.statistics(now, self.0.clock.unix_time().saturating_sub(now)))
    }

    /// The requests and failures of the last ten minutes, by the keys of the routes that have had a request.
    pub(crate) fn recent(&self) -> BTreeMap<String, Vec<(u64, u64, u64)>> {
        let (now, routes) = self.read();
        let boot = self.0.clock.unix_time().saturating_sub(now);
        let recent = routes.iter().map(|series| (series.key.clone(), series.recent(boot)));
        recent.filter(|(_, slots)| !slots.is_empty()).collect()
    }

    /// The requests between two times since 1970.
    pub(crate) fn window(&self, from: Duration, to: Duration) -> Window {
        let (now, routes) = self.read();
        // The wall clock may have been set since: the distance to the present counts.
        let boot = self.0.clock.unix_time().saturating_sub(now);
        let (first, last) = (from.saturating_sub(boot), to.saturating_sub(boot).min(now));
        let mut covers = (first, last);
        let mut within = Vec::new();
        for series in routes {
            let window = series.window(first, last);
            if let Some((from, to)) = window.covers {
                covers = (covers.0.min(from), covers.1.max(to));
                within.push((series.identity.clone(), window.totals));
            }
        }
        Window { from: boot + covers.0, to: boot + covers.1, routes: within }
    }

    /// The requests of the last time, by route.
    pub(crate) fn last(&self, length: Duration) -> Vec<(RouteIdentity, RequestTotals)> {
        let (now, routes) = self.read();
        let within = routes.iter().filter_map(|series| {
            let window = series.window(now.saturating_sub(length), now);
            window.covers.map(|_| (series.identity.clone(), window.totals))
        });
        within.collect()
    }

    /// The time since the start, and all routes, whose histories are up to date.
    fn read(&self) -> (Duration, Vec<Arc<RouteSeries>>) {
        let routes = self.0.routes.lock().clone();
        let now = self.now();
        routes.iter().for_each(|series| series.tick(now));
        (now, routes)
    }

    /// The time since the start.
    fn now(&self) -> Duration {
        self.0.clock.now().saturating_duration_since(self.0.start)
    }
}
