//! Metrics of health checks.

use std::fmt;

use metrics::{Gauge, Key, Label};

use super::{
    names::{HEALTH_STATUS, METADATA, describe_health},
    recorder::SharedRecorder,
};

/// The results of a check, as label values.
const STATUSES: [&str; 3] = ["healthy", "degraded", "unhealthy"];

/// Registers the metrics with one recorder.
pub(crate) struct HealthMetrics(SharedRecorder);

/// The metrics of one check, in the order of [`STATUSES`]: 1 for the last result.
pub(crate) struct HealthSeries([Gauge; 3]);

impl HealthMetrics {
    pub(crate) fn new(recorder: SharedRecorder) -> Self {
        Self(recorder)
    }

    pub(crate) fn describe(&self) {
        describe_health(&*self.0);
    }

    /// Returns the metrics of the check with this name.
    pub(crate) fn check(&self, name: &str) -> HealthSeries {
        HealthSeries(STATUSES.map(|status| {
            let labels = vec![Label::new("check", name.to_owned()), Label::from_static_parts("status", status)];
            self.0.register_gauge(&Key::from_parts(HEALTH_STATUS, labels), &METADATA)
        }))
    }
}

impl HealthSeries {
    /// Sets the last result, one of [`STATUSES`]; `None` before the first run has ended.
    pub(crate) fn status(&self, status: Option<&str>) {
        for (name, gauge) in STATUSES.iter().zip(&self.0) {
            gauge.set(f64::from(u8::from(status == Some(*name))));
        }
    }
}

impl fmt::Debug for HealthMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HealthMetrics")
    }
}
