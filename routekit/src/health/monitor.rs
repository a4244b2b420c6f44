//! All checks of an app: what they say together, and whether the app is ready.

use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    check::HealthCheck,
    readiness::{Hold, Readiness},
    report::{NamedResult, OverallHealth, ReadinessReport},
    result::HealthStatus,
    runner::{CheckRunner, GRACE, RunnerContext},
};
use crate::{
    base::{clock::Clock, spawner::Spawner},
    deadline::within,
};

/// How often the checks run if no client asks for them.
const REFRESH: Duration = Duration::from_secs(30);

/// How often the checks run while the app waits until it is ready.
const RETRY: Duration = Duration::from_secs(2);

/// The checks of an app. Clones share them.
#[derive(Clone)]
pub(crate) struct HealthMonitor(Arc<MonitoredChecks>);

/// A reference that does not keep the checks alive.
pub(crate) struct WeakMonitor(Weak<MonitoredChecks>);

struct MonitoredChecks {
    runners: Vec<Arc<CheckRunner>>,
    readiness: Readiness,
    clock: Clock,
    /// Whether the app was ready once.
    started: AtomicBool,
    refresh: Mutex<RefreshState>,
}

/// The state of the background refresh.
#[derive(Default)]
struct RefreshState {
    /// When it last ended. `None` if the app does not run it.
    ended: Option<Instant>,
    /// Held while it is late.
    hold: Option<Hold>,
}

/// Which checks to run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CheckSelection {
    All,
    Critical,
}

impl HealthMonitor {
    pub(crate) fn new(checks: Vec<HealthCheck>, readiness: Readiness, clock: Clock, spawner: Spawner) -> Self {
        let context = RunnerContext { readiness: readiness.clone(), clock: clock.clone(), spawner };
        let runners = checks.into_iter().map(|check| Arc::new(CheckRunner::new(check, context.clone()))).collect();
        let (started, refresh) = (AtomicBool::new(false), Mutex::default());
        Self(Arc::new(MonitoredChecks { runners, readiness, clock, started, refresh }))
    }

    /// Whether the app has no checks.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.runners.is_empty()
    }

    pub(crate) fn downgrade(&self) -> WeakMonitor {
        WeakMonitor(Arc::downgrade(&self.0))
    }

    /// The name of each check, and its last status.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = (&str, Option<HealthStatus>)> {
        self.0.runners.iter().map(|runner| (runner.check.name(), runner.last_status()))
    }

    /// The results of all checks.
    pub(crate) async fn overall(&self) -> OverallHealth {
        self.results(CheckSelection::All).await
    }

    /// The results of the critical checks, and the reasons why the app is not ready.
    pub(crate) async fn readiness(&self) -> ReadinessReport {
        let mut health = self.results(CheckSelection::Critical).await;
        self.notice_stall();
        let held_by = self.0.readiness.reasons();
        if held_by.is_empty() {
            self.0.started.store(true, Ordering::Relaxed);
        } else {
            health.status = HealthStatus::Unhealthy;
        }
        ReadinessReport { health, held_by }
    }

    /// Whether the start-up has ended: the app was ready once.
    pub(crate) fn has_started(&self) -> bool {
        self.0.started.load(Ordering::Relaxed)
    }

    /// Waits until the app is ready: nothing holds readiness, and the critical checks are not unhealthy.
    pub(crate) async fn until_ready(&self) {
        loop {
            // A critical check that is unhealthy holds it, and may have recovered.
            let _ = within(RETRY, self.0.readiness.until_green()).await;
            if self.readiness().await.is_ready() {
                return;
            }
        }
    }

    /// Runs all checks again and again. `None` if the app has none.
    pub(crate) fn refresh(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        if self.is_empty() {
            return None;
        }
        // Counts from here, so that a task that never runs shows.
        self.0.refresh.lock().ended = Some(self.0.clock.now());
        let monitor = self.clone();
        Some(async move {
            loop {
                monitor.overall().await;
                monitor.0.refresh.lock().ended = Some(monitor.0.clock.now());
                monitor.readiness().await;
                tokio::time::sleep(REFRESH).await;
            }
        })
    }

    async fn results(&self, which: CheckSelection) -> OverallHealth {
        let runners = self.0.runners.iter().filter(|runner| which == CheckSelection::All || runner.check.is_critical());
        // Each runs on a task of its own, so all run at the same time.
        let running: Vec<_> = runners.map(|runner| (&runner.check, runner.start())).collect();
        let mut results = Vec::with_capacity(running.len());
        for (check, result) in running {
            results.push(NamedResult { name: check.name.clone(), critical: check.critical, result: result.await });
        }
        OverallHealth::new(results, self.0.clock.unix_time())
    }

    /// Holds readiness red while the refresh is late: the runtime does not run its tasks, so it may not run those of
    /// requests either.
    fn notice_stall(&self) {
        let longest = self.0.runners.iter().map(|runner| runner.check.timeout).max().unwrap_or_default();
        let limit = (2 * REFRESH).saturating_add(longest).saturating_add(GRACE);
        let mut refresh = self.0.refresh.lock();
        let is_late = refresh.ended.is_some_and(|ended| self.0.clock.now() - ended > limit);
        let released = if is_late {
            refresh.hold.get_or_insert_with(|| self.0.readiness.hold("the refresh of the health checks is stalled"));
            None
        } else {
            refresh.hold.take()
        };
        drop(refresh);
        drop(released);
    }
}

impl WeakMonitor {
    /// `None` once the app is gone.
    pub(crate) fn upgrade(&self) -> Option<HealthMonitor> {
        self.0.upgrade().map(HealthMonitor)
    }
}

impl fmt::Debug for HealthMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.statuses()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn app_that_waits_until_it_is_ready_runs_its_checks_again() {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let recovers = HealthCheck::new("database", async move || {
            if counted.fetch_add(1, Ordering::Relaxed) < 2 { Err("no route to host") } else { Ok(()) }
        });
        let checks = vec![recovers.critical(true).max_age(Duration::ZERO)];
        let monitor = HealthMonitor::new(checks, Readiness::new(), Clock::system(), Spawner::tokio());
        let start = tokio::time::Instant::now();
        monitor.until_ready().await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
        assert!(start.elapsed() < REFRESH, "{:?}", start.elapsed());
    }
}
