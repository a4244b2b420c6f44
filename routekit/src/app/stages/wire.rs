//! The third stage: policies that concern several routes.

use std::{sync::Arc, time::Duration};

use super::{breakers, caching, configure::Configured, declare::Declared, rate_limits};
use crate::{
    alerts::Alerts,
    app::spec::{BreakersSpec, DependenciesSpec, Provided},
    base::{clock::Clock, setup_problem::SetupProblem},
    breaker::Breakers,
    deps::Deps,
    performance::{Metrics, MetricsSources},
    route::RequestText,
};

/// The mean duration from which a route is slow if the app has no threshold.
const SLOW: Duration = Duration::from_secs(1);

/// The routes with the breakers and invalidations that connect them, and the values that they depend on.
pub(super) struct Wired {
    pub(super) declared: Declared,
    pub(super) breakers: Breakers,
    /// The partitions of the stored responses of cached routes.
    pub(super) partitions: Vec<RequestText>,
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
    (clock, alerts): (&Clock, &Alerts),
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
    let metrics = Metrics::new(MetricsSources {
        clock: clock.clone(),
        routes: declared.routes.iter().map(|declared| declared.facts(&configured.statistics)).collect(),
        slow: (*configured.config.slow).unwrap_or(SLOW),
        statistics: configured.statistics.clone(),
        system: configured.system.clone(),
        cache: configured.cache.clone(),
        breakers: breakers.clone(),
        alerts: alerts.clone(),
    });
    deps.insert(Arc::new(metrics.clone()));
    breakers::provide(provided_breakers, &breakers, &mut deps, problems);
    Wired { declared, breakers, partitions, metrics, deps: deps.build(), provided }
}
