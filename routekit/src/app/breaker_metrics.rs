//! How what breakers and counts know reaches the metrics of an app, without either knowing the other.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Weak},
};

use super::mount::Candidate;
use crate::{
    breaker::{Breakers, WeakBreaker},
    concurrency::ConcurrencyLimit,
    metrics::{BreakerSeries, ConcurrencySeries, GuardMetrics, SharedRecorder, Source},
};

/// The series of an app's breakers and counted routes, and where their numbers are, which go with the app.
pub(super) struct GuardMetering {
    breakers: Vec<(WeakBreaker, BreakerSeries)>,
    counted: Vec<(Weak<ConcurrencyLimit>, ConcurrencySeries)>,
}

impl GuardMetering {
    /// All series are there at once.
    pub(super) fn new(breakers: &Breakers, recorder: SharedRecorder, candidates: &[Candidate]) -> Arc<Self> {
        let metrics = GuardMetrics::new(recorder);
        let breakers: Vec<_> =
            breakers.iter().map(|breaker| (breaker.downgrade(), metrics.breaker(breaker.name()))).collect();
        let counted = candidates.iter().filter_map(|candidate| {
            let limiter = candidate.policies.guards.concurrency.as_ref()?.limit();
            let method = candidate.route.meta().method.as_str();
            Some((Arc::downgrade(limiter), metrics.concurrency(method, &candidate.path, limiter.limit())))
        });
        let counted: Vec<_> = counted.collect();
        if !breakers.is_empty() {
            metrics.describe_breakers();
        }
        if !counted.is_empty() {
            metrics.describe_concurrency();
        }
        let metering = Self { breakers, counted };
        metering.bring();
        Arc::new(metering)
    }
}

impl Source for GuardMetering {
    fn bring(&self) -> bool {
        let mut any = false;
        for (breaker, series) in &self.breakers {
            let Some(breaker) = breaker.upgrade() else { continue };
            any = true;
            let totals = breaker.totals();
            series.state(breaker.state().as_str());
            let transitions = [totals.closed, totals.half_opened, totals.opened];
            series.transitions.iter().zip(transitions).for_each(|(series, total)| series.bring(total));
            series.successes.bring(totals.successes);
            series.failures.bring(totals.failures);
            series.neutral.bring(totals.neutral);
            series.late.bring(totals.late);
            series.slow.bring(totals.slow);
            series.rejected.bring(totals.rejected);
        }
        for (limiter, series) in &self.counted {
            let Some(limiter) = limiter.upgrade() else { continue };
            any = true;
            series.bring(limiter.in_flight(), limiter.rejected());
        }
        any
    }

    fn ask(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
