//! The Prometheus rules and the Grafana board of an app.

use serde_json::Value;

use super::{
    builder::App,
    declared::DeclaredRoute,
    table::{RouteTable, TableRow},
};
use crate::{
    base::setup_problem::Error,
    config::Config,
    grafana,
    prometheus::{self, MonitoredRoute, MonitoringFacts},
    route::Method,
};

impl App {
    /// Returns the [Prometheus rules](crate::prometheus) of the app, as YAML, without starting it.
    ///
    /// ```
    /// # use routekit::{config::Config, prelude::*};
    /// #[get("/users", slo(availability = 0.999, latency("300ms", 0.99)))]
    /// async fn users() {}
    ///
    /// let app = App::with_routes(routes![users]).config(Config::default());
    /// assert!(app.prometheus_rules()?.contains("alert: RoutekitAvailabilityBudgetBurn"));
    /// # Ok::<(), routekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn prometheus_rules(self) -> Result<String, Error> {
        Ok(self.table()?.prometheus_rules())
    }

    /// Returns the [Grafana board](crate::grafana) of the app, as JSON, without starting it.
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn grafana_dashboard(self) -> Result<Value, Error> {
        Ok(self.table()?.grafana_dashboard())
    }
}

impl RouteTable {
    /// Returns the [Prometheus rules](crate::prometheus) of all routes, as YAML.
    ///
    /// They apply to the metrics of every app that the Prometheus server scrapes. If it has the rules of several apps,
    /// use [`prometheus_rules_of_job`](Self::prometheus_rules_of_job).
    #[must_use]
    pub fn prometheus_rules(&self) -> String {
        prometheus::rules(self.monitoring(), &self.monitored(), None)
    }

    /// Returns the same rules for the metrics of one scrape job: the label `job`.
    #[must_use]
    pub fn prometheus_rules_of_job(&self, job: &str) -> String {
        prometheus::rules(self.monitoring(), &self.monitored(), Some(job))
    }

    /// Returns the [Grafana board](crate::grafana) of all routes, as JSON.
    #[must_use]
    pub fn grafana_dashboard(&self) -> Value {
        grafana::board(self.monitoring(), &self.monitored())
    }

    fn monitored<'a>(&'a self) -> Vec<MonitoredRoute<'a>> {
        let monitored = |row: &'a TableRow| MonitoredRoute {
            method: row.meta.method(),
            path: &row.path,
            others: self.others(row),
            policies: &row.policies,
        };
        self.rows().iter().map(monitored).collect()
    }

    /// The methods that other routes take from a route with every method. A route with GET takes HEAD as well.
    fn others(&self, row: &TableRow) -> Vec<&'static str> {
        if row.meta.method() != Method::Any {
            return Vec::new();
        }
        let methods = self.rows().iter().filter(|other| other.path == row.path).map(|other| other.meta.method());
        let mut others: Vec<&str> = methods.filter(|method| *method != Method::Any).map(Method::as_str).collect();
        if others.contains(&"GET") && !others.contains(&"HEAD") {
            others.push("HEAD");
        }
        others
    }
}

/// What rules and boards say about the app as a whole.
pub(super) fn facts(
    title: Option<&str>,
    (config, routes): (&Config, &[DeclaredRoute]),
    (has_breakers, has_remote_cache, has_health_checks): (bool, bool, bool),
) -> MonitoringFacts {
    let locations: Vec<_> = routes.iter().map(|declared| declared.route.meta().location()).collect();
    MonitoringFacts {
        app: title.map_or_else(|| prometheus::app_name(locations.iter()), str::to_owned),
        min_requests: *config.alerts_min_samples,
        cpu_percent: *config.alerts_cpu_percent,
        memory_growth: *config.alerts_memory_growth,
        scheduling_delay: *config.alerts_event_loop_lag,
        has_breakers,
        has_remote_cache,
        has_health_checks,
    }
}
