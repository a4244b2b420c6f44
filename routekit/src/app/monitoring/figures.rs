//! Collects the figures of a tick from the parts of an app.

use std::{collections::HashMap, panic::resume_unwind, sync::Arc, time::Duration};

use crate::{
    alerts::{AlertFigures, BreakerReading, BreakerReadingState, RouteReading, RouteThresholds, SystemReading},
    app::declared::DeclaredRoute,
    breaker::{Breakers, State},
    cache::{Cache, ProviderStatus},
    config::Config,
    policy::AlertThresholds,
    recording::RequestOutcome,
    statistics::Statistics,
    system::SystemMonitor,
};

/// The parts of an app that have figures.
pub(in crate::app) struct FigureSources {
    pub(in crate::app) breakers: Breakers,
    pub(in crate::app) cache: Cache,
    pub(in crate::app) system: SystemMonitor,
    pub(in crate::app) statistics: Statistics,
    pub(in crate::app) rules: Arc<RouteRules>,
}

/// The window and the thresholds of routes.
pub(in crate::app) struct RouteRules {
    /// The time before a tick whose requests count.
    window: Duration,
    /// By the key of a declared route.
    declared: HashMap<String, RouteThresholds>,
    /// Of hand-written routes, and of requests without a route.
    others: RouteThresholds,
}

impl RouteRules {
    pub(in crate::app) fn new(config: &Config, routes: &[DeclaredRoute]) -> Self {
        let thresholds = |alert: &AlertThresholds| RouteThresholds {
            error_rate: *alert.error_rate,
            mean: *alert.mean,
            p99: *alert.p99,
        };
        let declared = routes.iter().map(|route| (route.identity().key(), thresholds(&route.policies.alert)));
        let others = RouteThresholds { error_rate: *config.alerts_error_rate, mean: *config.slow, p99: None };
        Self { window: *config.alerts_window, declared: declared.collect(), others }
    }

    fn readings(&self, statistics: &Statistics) -> Vec<RouteReading> {
        let readings = statistics.last(self.window).into_iter().map(|(route, totals)| {
            let key = route.key();
            RouteReading {
                requests: totals.count(),
                failures: totals.count_of(RequestOutcome::is_server_failure),
                mean: totals.mean().unwrap_or_default(),
                p99: totals.quantile(0.99).unwrap_or_default(),
                thresholds: self.declared.get(&key).copied().unwrap_or(self.others),
                key,
            }
        });
        readings.collect()
    }
}

impl FigureSources {
    pub(super) async fn collect(&self) -> AlertFigures {
        AlertFigures {
            routes: self.routes().await,
            system: self.system(),
            breakers: self.breakers(),
            stores_down: self.stores_down().await,
        }
    }

    async fn routes(&self) -> Vec<RouteReading> {
        let (statistics, rules) = (self.statistics.clone(), Arc::clone(&self.rules));
        // With many routes it takes longer than a worker may be held up.
        let read = tokio::task::spawn_blocking(move || rules.readings(&statistics)).await;
        read.unwrap_or_else(|error| if error.is_panic() { resume_unwind(error.into_panic()) } else { Vec::new() })
    }

    fn system(&self) -> SystemReading {
        let latest = self.system.latest();
        SystemReading {
            cpu_percent: latest.cpu.usage,
            rss: latest.memory.used,
            memory_limit: latest.memory.total,
            scheduling_delay: latest.runtime.delay.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()),
        }
    }

    fn breakers(&self) -> Vec<BreakerReading> {
        let readings = self.breakers.iter().filter_map(|breaker| {
            let state = match breaker.state() {
                State::Closed => return None,
                State::Open => BreakerReadingState::Open,
                State::HalfOpen => BreakerReadingState::HalfOpen,
            };
            Some(BreakerReading { name: breaker.name().to_owned(), state })
        });
        readings.collect()
    }

    /// A store in this process is never down.
    async fn stores_down(&self) -> Vec<&'static str> {
        let is_down =
            !self.cache.is_embedded() && self.cache.condition().await.provider.status == ProviderStatus::Unhealthy;
        if is_down { vec!["cache"] } else { Vec::new() }
    }
}
