//! Copies the states of health checks to the metrics of an app. Neither depends on the other.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{
    health::{HealthMonitor, WeakMonitor},
    metrics::{HealthMetrics, HealthSeries, MetricSource, SharedRecorder},
};

/// The series of an app's health checks, with a weak reference to their states.
pub(in crate::app) struct HealthMetering {
    monitor: WeakMonitor,
    /// In the order of the checks.
    series: Vec<HealthSeries>,
}

impl HealthMetering {
    /// Registers all series.
    pub(in crate::app) fn new(monitor: &HealthMonitor, recorder: SharedRecorder) -> Arc<Self> {
        let metrics = HealthMetrics::new(recorder);
        let series: Vec<_> = monitor.statuses().map(|(name, _)| metrics.check(name)).collect();
        if !series.is_empty() {
            metrics.describe();
        }
        let metering = Self { monitor: monitor.downgrade(), series };
        metering.update();
        Arc::new(metering)
    }
}

impl MetricSource for HealthMetering {
    fn update(&self) -> bool {
        let Some(monitor) = self.monitor.upgrade().filter(|monitor| !monitor.is_empty()) else { return false };
        for ((_, status), series) in monitor.statuses().zip(&self.series) {
            series.status(status.map(|status| status.as_str()));
        }
        true
    }

    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
