//! Copies the counters of breakers, concurrency limits and rate limits to the metrics of an app. Neither depends on the
//! other.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Weak},
};

use crate::app::declared::DeclaredRoute;
use crate::{
    breaker::{Breakers, WeakBreaker},
    concurrency::ConcurrencyLimit,
    metrics::{
        BreakerSeries, ConcurrencySeries, GuardMetrics, MetricSource, RateLimitOwner, RateLimitSeries, SharedRecorder,
    },
    policy::RateLimitScope,
    rate_limit::Limiter,
};

/// The series of an app's breakers and concurrency limits, with weak references to their counters.
pub(in crate::app) struct GuardMetering {
    breakers: Vec<(WeakBreaker, BreakerSeries)>,
    limited: Vec<(Weak<ConcurrencyLimit>, ConcurrencySeries)>,
    rate_limits: Vec<(Weak<Limiter>, RateLimitSeries)>,
}

impl GuardMetering {
    /// Registers all series.
    pub(in crate::app) fn new(breakers: &Breakers, recorder: SharedRecorder, routes: &[DeclaredRoute]) -> Arc<Self> {
        let metrics = GuardMetrics::new(recorder);
        let breakers: Vec<_> =
            breakers.iter().map(|breaker| (breaker.downgrade(), metrics.breaker(breaker.name()))).collect();
        let limited = routes.iter().filter_map(|declared| {
            let limiter = declared.policies.guards.concurrency.as_ref()?.limit();
            let method = declared.route.meta().method.as_str();
            Some((Arc::downgrade(limiter), metrics.concurrency(method, &declared.path, limiter.limit())))
        });
        let limited: Vec<_> = limited.collect();
        if !breakers.is_empty() {
            metrics.describe_breakers();
        }
        if !limited.is_empty() {
            metrics.describe_concurrency();
        }
        let rate_limits = rate_limits(routes, &metrics);
        if !rate_limits.is_empty() {
            metrics.describe_rate_limits();
        }
        let metering = Self { breakers, limited, rate_limits };
        metering.update();
        Arc::new(metering)
    }
}

/// The limits of all routes. Those that routes share are registered once.
fn rate_limits(routes: &[DeclaredRoute], metrics: &GuardMetrics) -> Vec<(Weak<Limiter>, RateLimitSeries)> {
    let mut all: Vec<(Weak<Limiter>, RateLimitSeries)> = Vec::new();
    for declared in routes {
        let policies = &declared.policies;
        let user = match policies.rate_limit_scope {
            RateLimitScope::Route => RateLimitOwner::Route(declared.route.meta().method.as_str(), &declared.path),
            RateLimitScope::Group(module) => RateLimitOwner::Group(module),
            RateLimitScope::App => RateLimitOwner::App,
        };
        for limiter in &policies.guards.rate_limits {
            if !all.iter().any(|(known, _)| known.as_ptr() == Arc::as_ptr(limiter)) {
                let limit = limiter.limit();
                let series = metrics.rate_limit(user, limit.display_name(), limit.is_shared());
                all.push((Arc::downgrade(limiter), series));
            }
        }
    }
    all
}

impl MetricSource for GuardMetering {
    fn update(&self) -> bool {
        let mut any = false;
        for (breaker, series) in &self.breakers {
            let Some(breaker) = breaker.upgrade() else { continue };
            any = true;
            let totals = breaker.totals();
            series.state(breaker.state().as_str());
            let transitions = [totals.closed, totals.half_opened, totals.opened];
            series.transitions.iter().zip(transitions).for_each(|(series, total)| series.update(total));
            series.successes.update(totals.successes);
            series.failures.update(totals.failures);
            series.neutral.update(totals.neutral);
            series.late.update(totals.late);
            series.slow.update(totals.slow);
            series.rejected.update(totals.rejected);
        }
        for (limiter, series) in &self.limited {
            let Some(limiter) = limiter.upgrade() else { continue };
            any = true;
            series.update(limiter.in_flight(), limiter.rejected());
        }
        for (limiter, series) in &self.rate_limits {
            let Some(limiter) = limiter.upgrade() else { continue };
            any = true;
            let totals = limiter.totals();
            let exceeded = if limiter.limit().observes() { &series.observed } else { &series.refused };
            exceeded.update(totals.exceeded);
            series.allowed.update(totals.passed);
            series.overflows.update(totals.overflowed);
            if let (Some(series), Some(fallbacks)) = (&series.fallbacks, limiter.fallbacks()) {
                series.update(fallbacks);
            }
            series.keys(totals.keys);
        }
        any
    }

    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
