//! Copies the number of dropped spans to the metrics of an app. The exporter of spans belongs to the process.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{
    metrics::{MetricSource, SharedRecorder, Total, dropped_spans},
    telemetry::SpanExport,
};

/// The series of the exporter.
pub(in crate::app) struct SpanMetering {
    export: &'static SpanExport,
    dropped: Total,
}

impl SpanMetering {
    /// Registers the series. `None` if spans are not exported.
    pub(in crate::app) fn new(recorder: &SharedRecorder) -> Option<Arc<Self>> {
        let export = SpanExport::installed()?;
        Some(Arc::new(Self { export, dropped: dropped_spans(recorder) }))
    }
}

impl MetricSource for SpanMetering {
    fn update(&self) -> bool {
        self.dropped.update(self.export.dropped());
        true
    }

    fn fetch(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}
