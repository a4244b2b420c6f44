//! Copies the figures of the process and of its runtime to the metrics of an app. Neither depends on the other.

use std::{future::Future, pin::Pin, sync::Arc};

use super::recorder::Metering;
use crate::{
    metrics::{MetricSource, ProcessSeries, TokioSeries},
    system::{SystemMonitor, WeakSystemMonitor},
};

/// The series of an app's process and runtime, with a weak reference to their figures.
pub(in crate::app) struct SystemMetering {
    monitor: WeakSystemMonitor,
    process: ProcessSeries,
    runtime: TokioSeries,
}

impl SystemMetering {
    /// Registers all series.
    pub(in crate::app) fn new(monitor: &SystemMonitor, metering: &Metering) -> Arc<Self> {
        let metering = Self {
            monitor: monitor.downgrade(),
            process: ProcessSeries::new(&metering.process_recorder()),
            runtime: TokioSeries::new(&metering.recorder()),
        };
        metering.update();
        Arc::new(metering)
    }
}

impl MetricSource for SystemMetering {
    fn update(&self) -> bool {
        let Some(monitor) = self.monitor.upgrade() else { return false };
        let (series, figures) = (&self.process, monitor.process());
        series.cpu_time(figures.cpu_time);
        series.resident_memory.set_whole(figures.resident_memory);
        series.virtual_memory.set_whole(figures.virtual_memory);
        series.heap.set_whole(figures.heap);
        series.open_files.set_whole(figures.open_files);
        series.max_files.set_whole(figures.max_files);
        series.threads.set_whole(figures.threads);
        series.start_time.set(figures.start_time);

        let (series, figures) = (&self.runtime, monitor.read().runtime);
        let whole = |number: Option<usize>| number.and_then(|number| u64::try_from(number).ok());
        series.workers.set_whole(whole(figures.workers));
        series.alive_tasks.set_whole(whole(figures.tasks));
        series.queue_depth.set_whole(whole(figures.queue_depth));
        series.busy_ratio.set(figures.utilization.map(|percent| percent / 100.0));
        series.delay.set(figures.delay.map(|milliseconds| milliseconds / 1e3));
        series.max_delay.set(figures.max_delay.map(|milliseconds| milliseconds / 1e3));
        true
    }

    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
