//! Metrics of alerts.

use std::fmt;

use metrics::{Counter, Gauge, Key, Label};

use super::{
    names::{ALERT_NOTIFICATIONS, ALERTS_ACTIVE, ALERTS_RAISED, METADATA, describe_alerts},
    recorder::SharedRecorder,
};

/// Registers the metrics of alerts with one recorder.
pub(crate) struct AlertMetrics(SharedRecorder);

/// What becomes of the changes of alerts that a sink gets.
pub(crate) struct NotificationSeries {
    pub(crate) delivered: Counter,
    /// Attempts after the first one.
    pub(crate) retried: Counter,
    /// Changes that no attempt delivered.
    pub(crate) failed: Counter,
    /// Changes that found the queue full.
    pub(crate) dropped: Counter,
}

impl AlertMetrics {
    pub(crate) fn new(recorder: SharedRecorder) -> Self {
        describe_alerts(&*recorder);
        Self(recorder)
    }

    /// The number of active alerts of a type and severity.
    pub(crate) fn active(&self, kind: &'static str, severity: &'static str) -> Gauge {
        let labels = vec![Label::from_static_parts("type", kind), Label::from_static_parts("severity", severity)];
        self.0.register_gauge(&Key::from_parts(ALERTS_ACTIVE, labels), &METADATA)
    }

    /// The number of alerts of a type that were raised.
    pub(crate) fn raised(&self, kind: &'static str) -> Counter {
        let labels = vec![Label::from_static_parts("type", kind)];
        self.0.register_counter(&Key::from_parts(ALERTS_RAISED, labels), &METADATA)
    }

    /// The changes for a sink: `hook` or `webhook`.
    pub(crate) fn notifications(&self, sink: &'static str) -> NotificationSeries {
        let result = |result| {
            let labels = vec![Label::from_static_parts("sink", sink), Label::from_static_parts("result", result)];
            self.0.register_counter(&Key::from_parts(ALERT_NOTIFICATIONS, labels), &METADATA)
        };
        NotificationSeries {
            delivered: result("delivered"),
            retried: result("retried"),
            failed: result("failed"),
            dropped: result("dropped"),
        }
    }
}

impl fmt::Debug for AlertMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AlertMetrics")
    }
}
