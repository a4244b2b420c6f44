//! The third stage: policies that concern several routes.

use std::{sync::Arc, time::Duration};

use super::{breakers, caching, configure::Configured, declare::Declared, rate_limits};
use crate::{
    alerts::Alerts,
    app::{
        declared::DeclaredRoute,
        metering::recorder::{Metering, Scope},
        spec::{BreakersSpec, DependenciesSpec, Provided},
    },
    base::{clock::Clock, setting::Setting, setup_problem::SetupProblem},
    breaker::Breakers,
    deps::Deps,
    performance::{Metrics, MetricsSources},
    route::RequestText,
    statistics::Statistics,
};

/// The mean duration from which a route is slow if the app has no threshold.
const SLOW: Duration = Duration::from_secs(1);

/// The routes with the breakers and invalidations that connect them, and the values that they depend on.
pub(super) struct Wired {
    pub(super) declared: Declared,
    pub(super) breakers: Breakers,
    /// The partitions of the stored responses of cached routes.
    pub(super) partitions: Vec<RequestText>,
    /// The recorder of the metrics.
    pub(super) metering: Metering,
    pub(super) statistics: Statistics,
    pub(super) metrics: Metrics,
    pub(super) deps: Deps,
    pub(super) provided: Vec<Provided>,
}

/// Connects the policies of the routes, and adds the dependencies that the app itself provides.
pub(super) fn wire(
    mut declared: Declared,
    dependencies: DependenciesSpec,
    breakers: BreakersSpec,
    configured: &Configured,
    (clock, alerts, scope): (&Clock, &Alerts, Scope),
    problems: &mut Vec<SetupProblem>,
) -> Wired {
    let BreakersSpec { given, provided: provided_breakers } = breakers;
    let breakers = breakers::wire(&mut declared.routes, &given, &provided_breakers, clock, problems);
    rate_limits::wire(&mut declared.routes, &configured.config, (clock, &configured.redis), problems);
    caching::wire_invalidate_on(&mut declared.routes, problems);
    let partitions = caching::wire_own_urls(&mut declared.routes, configured.is_shared_cache);
    let DependenciesSpec { mut deps, provided } = dependencies;
    deps.insert(Arc::new(configured.cache.clone()));
    deps.insert(Arc::new(breakers.clone()));
    // An app with problems is never served, so any recorder will do for the checks that follow.
    let scope = if problems.is_empty() { scope } else { Scope::Alone };
    let buckets = buckets(&configured.duration_buckets, &declared.routes);
    let metering = Metering::choose(scope, &buckets);
    let retention = Duration::from_secs(u64::from(*configured.config.statistics_retention_days) * 86_400);
    let statistics = Statistics::new(metering.request_bounds(&buckets), clock.clone(), retention);
    let metrics = Metrics::new(MetricsSources {
        clock: clock.clone(),
        routes: declared.routes.iter().map(|declared| declared.facts(&statistics)).collect(),
        slow: (*configured.config.slow).unwrap_or(SLOW),
        statistics: statistics.clone(),
        system: configured.system.clone(),
        cache: configured.cache.clone(),
        breakers: breakers.clone(),
        alerts: alerts.clone(),
    });
    deps.insert(Arc::new(metrics.clone()));
    breakers::provide(provided_breakers, &breakers, &mut deps, problems);
    let deps = deps.build();
    Wired { declared, breakers, partitions, metering, statistics, metrics, deps, provided }
}

/// The buckets of durations. Prometheus counts the requests within a threshold by a bucket that ends there, so each
/// latency objective adds one, and so does each threshold of an alert.
fn buckets(configured: &Setting<Vec<f64>>, routes: &[DeclaredRoute]) -> Setting<Vec<f64>> {
    let objectives = routes.iter().filter_map(|declared| *declared.policies.slo.latency);
    let alerts = routes.iter().filter_map(|declared| *declared.policies.alert.p99).map(|p99| p99.as_secs_f64());
    let thresholds = objectives.map(|objective| objective.seconds()).chain(alerts);
    let mut buckets: Vec<f64> = configured.iter().copied().chain(thresholds).collect();
    buckets.sort_by(f64::total_cmp);
    buckets.dedup();
    Setting::new(buckets, configured.origin().clone())
}
