//! The filter of the log, which operators change at run time.

use std::{
    fmt,
    future::poll_fn,
    sync::OnceLock,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde::Serialize;
use tracing_subscriber::{EnvFilter, Registry, reload};

use super::directives::{self, LogDirective};
use crate::{
    base::clock::{Clock, rfc3339},
    deadline::Deadline,
};

/// The number of changes that can be in force at a time.
const MAX_CHANGES: usize = 100;

/// The filter of the subscriber that [`init`](super::init) installed. It belongs to the process, like the log.
static INSTALLED: OnceLock<LogFilter> = OnceLock::new();

/// A filter with the changes that operators made to it.
#[derive(Debug)]
pub(crate) struct LogFilter {
    handle: reload::Handle<EnvFilter, Registry>,
    at_start: Vec<LogDirective>,
    /// One for each target.
    changes: Mutex<Vec<LogChange>>,
}

/// A directive that is in force until its end, or until the process ends.
#[derive(Debug, Clone)]
struct LogChange {
    directive: LogDirective,
    end: Option<ChangeEnd>,
}

/// A point in time on the clock of the app that made a change.
#[derive(Debug, Clone)]
pub(crate) struct ChangeEnd {
    clock: Clock,
    at: Instant,
    unix_time: Duration,
}

/// The filter before and after a change.
#[derive(Debug)]
pub(crate) struct FilterTransition {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// The filter as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogFilterReport {
    filter: String,
    at_start: String,
    changes: Vec<LogChangeReport>,
}

#[derive(Debug, Serialize)]
struct LogChangeReport {
    directive: String,
    /// `None`: until the process ends.
    until: Option<String>,
}

/// There are too many changes at a time.
#[derive(Debug)]
pub(crate) struct TooManyChanges;

impl LogFilter {
    /// The filter of the process, if [`init`](super::init) installed it.
    pub(crate) fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// Makes this the filter of the process. Called once, after its subscriber is installed.
    pub(super) fn install(self) {
        // Only one subscriber can be installed, so there is no other.
        let _ = INSTALLED.set(self);
    }

    /// Creates the filter of these directives, and the layer that applies it.
    pub(super) fn new(mut at_start: Vec<LogDirective>) -> (reload::Layer<EnvFilter, Registry>, Self) {
        if at_start.is_empty() {
            // What `tracing_subscriber` does. With its own directive, it stays when others are added.
            at_start = LogDirective::list("error").expect("a level is a directive");
        }
        let (layer, handle) = reload::Layer::new(directives::filter(&at_start.iter().collect::<Vec<_>>()));
        (layer, Self { handle, at_start, changes: Mutex::default() })
    }

    /// Adds these directives until `end`. Each replaces one of the same target, span and fields, and its end.
    pub(crate) fn change(
        &self,
        directives: Vec<LogDirective>,
        end: Option<&ChangeEnd>,
    ) -> Result<FilterTransition, TooManyChanges> {
        let mut changes = self.changes.lock();
        self.remove_ended(&mut changes);
        let mut changed = changes.clone();
        for directive in directives {
            changed.retain(|change| !directive.replaces(&change.directive));
            changed.push(LogChange { directive, end: end.cloned() });
            if changed.len() > MAX_CHANGES {
                return Err(TooManyChanges);
            }
        }
        Ok(self.replace(&mut changes, changed))
    }

    /// Removes all changes.
    pub(crate) fn reset(&self) -> FilterTransition {
        let mut changes = self.changes.lock();
        self.remove_ended(&mut changes);
        self.replace(&mut changes, Vec::new())
    }

    /// Logs the change first: the new filter may hide `routekit::audit`.
    fn replace(&self, changes: &mut Vec<LogChange>, changed: Vec<LogChange>) -> FilterTransition {
        let (before, after) = (self.text(changes), self.text(&changed));
        tracing::info!(target: "routekit::audit", before, after, "the log filter changes");
        *changes = changed;
        self.apply(changes);
        FilterTransition { before, after }
    }

    /// Returns the filter as it is now.
    pub(crate) fn report(&self) -> LogFilterReport {
        let mut changes = self.changes.lock();
        self.remove_ended(&mut changes);
        let reports = changes.iter().map(|change| LogChangeReport {
            directive: change.directive.to_string(),
            until: change.end.as_ref().map(|end| rfc3339(end.unix_time)),
        });
        LogFilterReport {
            filter: self.text(&changes),
            at_start: directives::text(&self.at_start.iter().collect::<Vec<_>>()),
            changes: reports.collect(),
        }
    }

    /// Waits for `end`, and removes the changes that have ended by then.
    pub(crate) async fn end_at(&self, end: ChangeEnd) {
        end.reached().await;
        self.remove_ended(&mut self.changes.lock());
    }

    fn remove_ended(&self, changes: &mut Vec<LogChange>) {
        let ended = |change: &mut LogChange| change.end.as_ref().is_some_and(ChangeEnd::is_reached);
        let ended: Vec<String> = changes.extract_if(.., ended).map(|change| change.directive.to_string()).collect();
        if !ended.is_empty() {
            self.apply(changes);
            let (ended, filter) = (ended.join(","), self.text(changes));
            tracing::info!(target: "routekit", ended, filter, "a change of the log filter has ended");
        }
    }

    fn apply(&self, changes: &[LogChange]) {
        // Fails only if the subscriber is gone, which is that of the process.
        let _ = self.handle.reload(directives::filter(&self.merged(changes)));
    }

    fn text(&self, changes: &[LogChange]) -> String {
        directives::text(&self.merged(changes))
    }

    /// The directives of the start that no change replaces, and the changes.
    fn merged<'a>(&'a self, changes: &'a [LogChange]) -> Vec<&'a LogDirective> {
        let replaced = |directive: &&LogDirective| changes.iter().any(|change| change.directive.replaces(directive));
        let at_start = self.at_start.iter().filter(|directive| !replaced(directive));
        at_start.chain(changes.iter().map(|change| &change.directive)).collect()
    }
}

impl fmt::Display for TooManyChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MAX_CHANGES} directives can be changed at a time; `DELETE /log` removes all changes")
    }
}

impl ChangeEnd {
    /// The time `after` from now. `None` if it is too far away.
    pub(crate) fn new(clock: &Clock, after: Duration) -> Option<Self> {
        let (at, unix_time) = (clock.now().checked_add(after)?, clock.unix_time().checked_add(after)?);
        Some(Self { clock: clock.clone(), at, unix_time })
    }

    fn left(&self) -> Duration {
        self.at.saturating_duration_since(self.clock.now())
    }

    fn is_reached(&self) -> bool {
        self.left().is_zero()
    }

    async fn reached(&self) {
        while !self.is_reached() {
            // Tokio's time may be ahead of a manual clock.
            let (mut timer, left) = (Deadline::default(), self.left());
            poll_fn(|cx| timer.poll_expired(left, &self.clock, cx)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(at_start: &str) -> (reload::Layer<EnvFilter, Registry>, LogFilter) {
        LogFilter::new(LogDirective::list(at_start).unwrap())
    }

    #[test]
    fn change_replaces_the_directive_of_the_same_target() {
        for (before, change, after) in [
            ("info", "shop=debug", "info,shop=debug"),
            ("info,shop=warn", "shop=debug", "info,shop=debug"),
            ("info,shop=warn", "debug", "shop=warn,debug"),
            ("info,shop=warn", "shop::orders=off", "info,shop=warn,shop::orders=off"),
            ("shop[request]=trace", "shop=off,[request]=info", "shop[request]=trace,shop=off,[request]=info"),
            ("info", "shop=debug,shop=trace", "info,shop=trace"),
            ("", "shop=debug", "error,shop=debug"),
        ] {
            let (_layer, filter) = filter(before);
            let transition = filter.change(LogDirective::list(change).unwrap(), None).unwrap();
            assert_eq!(transition.after, after, "{before} and {change}");
            assert_eq!(filter.reset().after, if before.is_empty() { "error" } else { before }, "{change} is reset");
        }
    }

    #[test]
    fn changes_are_bounded() {
        let (_layer, filter) = filter("info");
        let many: Vec<String> = (0..MAX_CHANGES).map(|number| format!("target_{number}=debug")).collect();
        let change = |text: &str| filter.change(LogDirective::list(text).unwrap(), None);
        let transition = change(&many.join(",")).unwrap();
        assert!(change("one_more=debug").is_err());
        assert_eq!(filter.report().filter, transition.after, "nothing changes");
        assert!(change("target_7=trace").is_ok(), "it replaces another");
    }
}
