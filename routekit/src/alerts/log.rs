//! The log line of each change.

use super::alert::{AlertChange, AlertEvent, Severity};

/// Logs a change with the target `routekit::alerts`.
pub(crate) fn log_change(change: &AlertChange) {
    let AlertChange { event, alert } = change;
    macro_rules! log {
        ($level:expr) => {
            tracing::event!(
                target: "routekit::alerts",
                $level,
                event = event.as_str(),
                id = alert.id,
                kind = alert.kind.as_str(),
                severity = alert.severity.as_str(),
                route = alert.route,
                value = alert.value,
                threshold = alert.threshold,
                "{change}"
            )
        };
    }
    match (event, alert.severity) {
        (AlertEvent::Resolved, _) => log!(tracing::Level::INFO),
        (_, Severity::Critical) => log!(tracing::Level::ERROR),
        (_, Severity::Low | Severity::Medium | Severity::High) => log!(tracing::Level::WARN),
    }
}
