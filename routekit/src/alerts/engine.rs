//! The state machine of alerts. It has no clock, no lock and no task: the time is an argument.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant, SystemTime},
};

use super::{
    alert::{Alert, AlertChange, AlertEvent, AlertKind, Severity},
    figures::AlertFigures,
    growth::MemoryGrowth,
    rules::{self, Finding, Level},
    settings::AlertSettings,
};

/// The number of consecutive ticks above the threshold that raise an alert, and above the critical one that escalate
/// it.
const TICKS_TO_RAISE: u32 = 2;

/// The number of consecutive calm ticks that resolve an alert.
const TICKS_TO_RESOLVE: u32 = 4;

/// The number of resolved alerts that are kept.
const HISTORY: usize = 200;

/// All alerts of an app.
#[derive(Debug, Default)]
pub(super) struct AlertEngine {
    pub(super) settings: AlertSettings,
    growth: MemoryGrowth,
    /// Conditions that are active, or may become so, by the id of their alert.
    conditions: BTreeMap<String, Condition>,
    /// Resolved alerts, the last one at the end.
    history: VecDeque<Alert>,
}

/// A point in time, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct TickTime {
    pub(super) at: Instant,
    /// The wall clock, since 1970.
    pub(super) unix: Duration,
}

/// What was found, and for how long.
#[derive(Debug, Default)]
struct Condition {
    /// Consecutive ticks above the threshold.
    above: u32,
    /// Consecutive ticks above the critical threshold.
    critical: u32,
    /// Consecutive calm ticks.
    calm: u32,
    active: Option<ActiveAlert>,
}

#[derive(Debug)]
struct ActiveAlert {
    alert: Alert,
    /// `None` if there will be none.
    next_reminder: Option<Instant>,
    /// On the monotonic clock.
    snoozed_until: Option<Instant>,
}

impl TickTime {
    fn wall(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.unix
    }

    /// `None` without reminders, and if the clock does not reach that far.
    fn reminder(self, after: Option<Duration>) -> Option<Instant> {
        self.at.checked_add(after?)
    }
}

impl AlertEngine {
    /// Compares the figures of a tick with the thresholds. Returns what has changed, the most severe alerts
    /// first.
    pub(super) fn evaluate(&mut self, now: TickTime, figures: &AlertFigures) -> Vec<AlertChange> {
        if let Some(used) = figures.system.rss {
            self.growth.add(used);
        }
        let findings = rules::findings(figures, &self.settings, &self.growth);
        let found: BTreeSet<String> = findings.iter().map(|finding| finding.id.clone()).collect();
        let mut changes = Vec::new();
        for finding in findings {
            let condition = self.conditions.entry(finding.id.clone()).or_default();
            changes.extend(condition.found(now, finding, self.settings.remind_after));
        }
        for (_, condition) in self.conditions.iter_mut().filter(|(id, _)| !found.contains(*id)) {
            if let Some(resolved) = condition.calm(now) {
                self.history.push_back(resolved.clone());
                changes.push(AlertChange { event: AlertEvent::Resolved, alert: resolved });
            }
        }
        self.history.drain(..self.history.len().saturating_sub(HISTORY));
        self.conditions.retain(|_, condition| condition.active.is_some() || condition.above > 0);
        changes.sort_by(|a, b| (b.alert.severity, &a.alert.id).cmp(&(a.alert.severity, &b.alert.id)));
        changes
    }

    /// Stops the reminders of an active alert until `duration` has passed. `None` ends an earlier snooze. Returns the
    /// alert before and after, or `None` if there is no such active alert.
    pub(super) fn snooze(&mut self, now: TickTime, id: &str, duration: Option<Duration>) -> Option<(Alert, Alert)> {
        let active = self.conditions.get_mut(id)?.active.as_mut()?;
        let before = active.alert.clone();
        active.snoozed_until = duration.and_then(|duration| now.at.checked_add(duration));
        active.alert.snoozed_until = duration.and_then(|duration| now.wall().checked_add(duration));
        active.next_reminder = active.snoozed_until.or_else(|| now.reminder(self.settings.remind_after));
        Some((before, active.alert.clone()))
    }

    /// The active alerts, in the order of their ids.
    pub(super) fn active(&self) -> impl Iterator<Item = &Alert> {
        self.conditions.values().filter_map(|condition| condition.active.as_ref()).map(|active| &active.alert)
    }

    /// The resolved alerts, the last one first.
    pub(super) fn history(&self) -> impl Iterator<Item = &Alert> {
        self.history.iter().rev()
    }

    /// Forgets how long conditions have lasted, because there will be no ticks for a while.
    pub(super) fn pause(&mut self) {
        for condition in self.conditions.values_mut() {
            (condition.above, condition.critical, condition.calm) = (0, 0, 0);
        }
        self.conditions.retain(|_, condition| condition.active.is_some());
        self.growth = MemoryGrowth::default();
    }
}

impl Condition {
    /// A tick with a finding.
    fn found(&mut self, now: TickTime, finding: Finding, remind_after: Option<Duration>) -> Option<AlertChange> {
        self.calm = 0;
        (self.above, self.critical) = match finding.level {
            Level::Hovering => (0, 0),
            Level::Above(Severity::Critical) => (self.above + 1, self.critical + 1),
            Level::Above(_) => (self.above + 1, 0),
        };
        let next_reminder = now.reminder(remind_after);
        let Some(active) = &mut self.active else {
            if self.above < ticks_to_raise(finding.kind) {
                return None;
            }
            let alert = raised(now, finding)?;
            self.active = Some(ActiveAlert { alert: alert.clone(), next_reminder, snoozed_until: None });
            return Some(AlertChange { event: AlertEvent::Raised, alert });
        };
        (active.alert.message, active.alert.value) = (finding.message, finding.value);
        active.alert.threshold = finding.threshold;
        active.end_snooze(now);
        let event = if self.critical >= TICKS_TO_RAISE && active.alert.severity < Severity::Critical {
            active.alert.severity = Severity::Critical;
            (active.snoozed_until, active.alert.snoozed_until) = (None, None);
            AlertEvent::Escalated
        } else if active.next_reminder.is_some_and(|due| due <= now.at) {
            active.alert.reminders = active.alert.reminders.saturating_add(1);
            AlertEvent::Reminded
        } else {
            return None;
        };
        active.next_reminder = next_reminder;
        Some(AlertChange { event, alert: active.alert.clone() })
    }

    /// A tick without a finding. Returns the alert that it resolves.
    fn calm(&mut self, now: TickTime) -> Option<Alert> {
        (self.above, self.critical, self.calm) = (0, 0, self.calm.saturating_add(1));
        let active = self.active.as_mut()?;
        active.end_snooze(now);
        if self.calm < TICKS_TO_RESOLVE {
            return None;
        }
        let mut alert = self.active.take()?.alert;
        (alert.resolved, alert.snoozed_until) = (Some(now.wall()), None);
        Some(alert)
    }
}

impl ActiveAlert {
    fn end_snooze(&mut self, now: TickTime) {
        if self.snoozed_until.is_some_and(|until| until <= now.at) {
            (self.snoozed_until, self.alert.snoozed_until) = (None, None);
        }
    }
}

/// A breaker opens after many failed calls, so the first tick that finds it open is not the first sign.
fn ticks_to_raise(kind: AlertKind) -> u32 {
    if kind == AlertKind::BreakerOpen { 1 } else { TICKS_TO_RAISE }
}

fn raised(now: TickTime, finding: Finding) -> Option<Alert> {
    let Level::Above(severity) = finding.level else { return None };
    let Finding { id, kind, route, value, threshold, message, .. } = finding;
    Some(Alert {
        id,
        kind,
        severity,
        route,
        message,
        value,
        threshold,
        timestamp: now.wall(),
        resolved: None,
        snoozed_until: None,
        reminders: 0,
    })
}
