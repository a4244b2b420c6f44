//! The alerts of an app, shared by its parts.

use std::{fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{
    alert::{Alert, AlertChange},
    engine::{AlertEngine, TickTime},
    figures::AlertFigures,
    settings::AlertSettings,
};
use crate::base::clock::Clock;

/// The longest snooze.
pub(crate) const MAX_SNOOZE: Duration = Duration::from_secs(30 * 24 * 3600);

/// The alerts of an app. Clones share them. See the [module docs](crate::alerts).
///
/// [`App::alerts`](crate::App::alerts) returns it, and handlers take it as a `Dep<Alerts>`.
#[derive(Clone)]
pub struct Alerts(Arc<Mutex<AlertState>>);

struct AlertState {
    engine: AlertEngine,
    clock: Clock,
    /// `None` until the configuration or the program decides.
    is_running: Option<bool>,
    /// Whether there are ticks: not in an app that another server serves.
    has_ticks: bool,
    /// When the last tick was, since 1970.
    evaluated: Option<Duration>,
}

/// All alerts at one moment.
#[derive(Debug, Clone)]
pub(crate) struct AlertsReport {
    /// `false` as well if another server serves the app.
    pub(crate) is_running: bool,
    /// When the last tick was, since 1970.
    pub(crate) evaluated: Option<Duration>,
    /// The most severe ones first.
    pub(crate) active: Vec<Alert>,
    /// The last one first.
    pub(crate) history: Vec<Alert>,
}

impl Alerts {
    pub(crate) fn new() -> Self {
        let (engine, clock) = (AlertEngine::default(), Clock::system());
        Self(Arc::new(Mutex::new(AlertState { engine, clock, is_running: None, has_ticks: false, evaluated: None })))
    }

    /// Sets what the configuration says. A program that has started or stopped the evaluation before has decided.
    pub(crate) fn configure(&self, settings: AlertSettings, clock: Clock, is_enabled: bool) {
        let mut state = self.0.lock();
        (state.engine.settings, state.clock) = (settings, clock);
        state.is_running.get_or_insert(is_enabled);
    }

    /// Returns the active alerts, the most severe ones first.
    #[must_use]
    pub fn active(&self) -> Vec<Alert> {
        self.report().active
    }

    /// Returns the last 200 alerts that were resolved, the latest first.
    #[must_use]
    pub fn history(&self) -> Vec<Alert> {
        self.report().history
    }

    /// Stops the reminders of an active alert until `duration` has passed, at most 30 days. `None` ends an earlier
    /// snooze. Returns the alert, or `None` if no active alert has this id.
    ///
    /// An alert that escalates is not snoozed any longer, and one that is resolved is always reported.
    pub fn snooze(&self, id: &str, duration: Option<Duration>) -> Option<Alert> {
        self.snooze_with_previous(id, duration).map(|(_, alert)| alert)
    }

    /// As [`snooze`](Self::snooze). Returns the alert before and after.
    pub(crate) fn snooze_with_previous(&self, id: &str, duration: Option<Duration>) -> Option<(Alert, Alert)> {
        let mut state = self.0.lock();
        let now = TickTime::of(&state.clock);
        state.engine.snooze(now, id, duration.map(|duration| duration.min(MAX_SNOOZE)))
    }

    /// Starts the evaluation, whatever `alerts.enabled` says.
    pub fn start(&self) {
        self.0.lock().is_running = Some(true);
    }

    /// Stops the evaluation, whatever `alerts.enabled` says. Active alerts stay as they are.
    pub fn stop(&self) {
        let mut state = self.0.lock();
        state.is_running = Some(false);
        state.engine.pause();
    }

    /// Returns whether figures are evaluated while the app serves.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.lock().is_running == Some(true)
    }

    /// States that the task that evaluates has started.
    pub(crate) fn ticks_begin(&self) {
        self.0.lock().has_ticks = true;
    }

    /// Evaluates the figures of a tick, unless the evaluation is stopped. Returns what has changed.
    pub(crate) fn evaluate(&self, figures: &AlertFigures) -> Vec<AlertChange> {
        let mut state = self.0.lock();
        if state.is_running != Some(true) {
            return Vec::new();
        }
        let now = TickTime::of(&state.clock);
        state.evaluated = Some(now.unix);
        state.engine.evaluate(now, figures)
    }

    pub(crate) fn report(&self) -> AlertsReport {
        let state = self.0.lock();
        let mut active: Vec<Alert> = state.engine.active().cloned().collect();
        let history = state.engine.history().cloned().collect();
        let is_running = state.is_running == Some(true) && state.has_ticks;
        let evaluated = state.evaluated;
        drop(state);
        // Stable, so that alerts of one severity stay in the order of their ids.
        active.sort_by_key(|alert| std::cmp::Reverse(alert.severity));
        AlertsReport { is_running, evaluated, active, history }
    }
}

impl TickTime {
    fn of(clock: &Clock) -> Self {
        Self { at: clock.now(), unix: clock.unix_time() }
    }
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AlertsReport { is_running, active, .. } = self.report();
        f.debug_struct("Alerts").field("is_running", &is_running).field("active", &active).finish_non_exhaustive()
    }
}
