//! Runs a check for all who ask at the same time, and keeps its result.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{
    attempt,
    check::HealthCheck,
    readiness::{Hold, Readiness},
    result::{HealthCheckResult, HealthStatus},
};
use crate::{
    base::{clock::Clock, printable::Printable, spawner::Spawner},
    deadline::{Countdown, within},
};

/// How much longer than its timeout a check may take. One that takes longer blocks the thread of its task, so that its
/// timeout cannot end it.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// A check with its last result. It runs at most once at a time.
pub(super) struct CheckRunner {
    pub(super) check: HealthCheck,
    context: RunnerContext,
    state: Mutex<RunnerState>,
}

/// What all runners of an app share.
#[derive(Clone)]
pub(super) struct RunnerContext {
    pub(super) readiness: Readiness,
    pub(super) clock: Clock,
    pub(super) spawner: Spawner,
}

#[derive(Default)]
struct RunnerState {
    last: Option<(Instant, HealthCheckResult)>,
    running: Option<CurrentRun>,
    /// Held while a critical check is unhealthy.
    hold: Option<Hold>,
}

/// A run in progress.
#[derive(Clone)]
struct CurrentRun {
    result: watch::Receiver<Option<HealthCheckResult>>,
    time_left: Countdown,
}

impl CheckRunner {
    pub(super) fn new(check: HealthCheck, context: RunnerContext) -> Self {
        Self { check, context, state: Mutex::default() }
    }

    /// The status of the last run. `None` before the first one has ended.
    pub(super) fn last_status(&self) -> Option<HealthStatus> {
        self.state.lock().last.as_ref().map(|(_, result)| result.status)
    }

    /// Starts a run unless the last result is recent enough or a run is in progress. The future returns the result.
    pub(super) fn start(self: &Arc<Self>) -> impl Future<Output = HealthCheckResult> + Send + use<> {
        let runner = Arc::clone(self);
        let begun = self.begin();
        async move {
            match begun {
                Ok(result) => result,
                Err(run) => runner.finished(run).await,
            }
        }
    }

    /// The last result, or the run whose result comes.
    fn begin(self: &Arc<Self>) -> Result<HealthCheckResult, CurrentRun> {
        let mut state = self.state.lock();
        if let Some((at, result)) = &state.last
            && self.context.clock.now() - *at < self.check.max_age
        {
            return Ok(result.clone());
        }
        // A run whose task was dropped has no result.
        if let Some(run) = &state.running
            && run.result.has_changed().is_ok()
        {
            return Err(run.clone());
        }
        let (sender, result) = watch::channel(None);
        let run = CurrentRun { result, time_left: Countdown::new(self.check.timeout.saturating_add(GRACE)) };
        state.running = Some(run.clone());
        drop(state);
        let runner = Arc::clone(self);
        // On a task of its own, so that no client that disconnects ends it.
        self.context.spawner.spawn(async move {
            let result = attempt::run(&runner.check, &runner.context.clock).await;
            runner.keep(&result, None);
            sender.send_replace(Some(result));
        });
        Err(run)
    }

    async fn finished(&self, mut run: CurrentRun) -> HealthCheckResult {
        let result = match within(run.time_left.left(), run.result.wait_for(Option::is_some)).await {
            Some(Ok(result)) => return result.clone().expect("`wait_for` waits for a result"),
            Some(Err(_)) => HealthCheckResult::unhealthy("the check was cancelled"),
            None => HealthCheckResult::unhealthy(format!(
                "no result within {:?}: the check blocks its thread; call blocking code in `spawn_blocking`",
                self.check.timeout
            )),
        };
        self.keep(&result, Some(&run));
        result
    }

    /// Keeps a result, and holds readiness red while a critical check is unhealthy. `unfinished` is the run that has
    /// not ended in time.
    fn keep(&self, result: &HealthCheckResult, unfinished: Option<&CurrentRun>) {
        let mut state = self.state.lock();
        match (unfinished, &state.running) {
            (None, _) => state.running = None,
            // The run stays, so that no second one starts beside it.
            (Some(run), Some(current)) if current.result.same_channel(&run.result) => {}
            // It has ended after all, and its own result counts.
            (Some(_), _) => return,
        }
        let before = state.last.replace((self.context.clock.now(), result.clone())).map(|(_, result)| result.status);
        let released = if self.check.critical && result.status == HealthStatus::Unhealthy {
            let reason = || format!("the health check `{}` is unhealthy", self.check.name);
            state.hold.get_or_insert_with(|| self.context.readiness.hold(reason()));
            None
        } else {
            state.hold.take()
        };
        drop(state);
        drop(released);
        if before.unwrap_or(HealthStatus::Healthy) != result.status {
            self.log(result);
        }
    }

    fn log(&self, result: &HealthCheckResult) {
        let (check, status) = (&self.check.name, result.status.as_str());
        match &result.message {
            _ if result.status == HealthStatus::Healthy => {
                tracing::info!(target: "routekit::health", check, status, "a health check has recovered");
            }
            message => {
                let error = message.as_ref().map(|message| tracing::field::display(Printable(message)));
                let critical = self.check.critical;
                tracing::warn!(target: "routekit::health", check, status, critical, error, "a health check failed");
            }
        }
    }
}
