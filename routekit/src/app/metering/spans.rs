//! Copies the number of dropped spans to the metrics of an app. The exporter of spans belongs to the process.

use std::{future::Future, pin::Pin, sync::Arc};

use metrics::Counter;

use super::recorder::Metering;
use crate::{
    metrics::{MetricSource, dropped_spans},
    system::{SystemMonitor, WeakSystemMonitor},
    telemetry::SpanExport,
};

/// The series of the exporter.
pub(in crate::app) struct SpanMetering {
    export: &'static SpanExport,
    dropped: Counter,
    /// Ends with the app.
    app: WeakSystemMonitor,
}

impl SpanMetering {
    /// Registers the series, as one of the process. `None` if spans are not exported.
    pub(in crate::app) fn new(metering: &Metering, app: &SystemMonitor) -> Option<Arc<Self>> {
        let export = SpanExport::installed()?;
        let dropped = dropped_spans(&metering.process_recorder());
        Some(Arc::new(Self { export, dropped, app: app.downgrade() }))
    }
}

impl MetricSource for SpanMetering {
    fn update(&self) -> bool {
        self.dropped.absolute(self.export.dropped());
        self.app.upgrade().is_some()
    }

    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
