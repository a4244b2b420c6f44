//! The bounded queue of the exporter.
//!
//! The SDK's processor exports batches on a thread of its own, so no request waits for the collector. It drops spans
//! when its queue is full, and does not say how many. So spans are counted in front of it and behind it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::Context;
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};

use super::{
    client::{CollectorClient, LastFailure},
    dropped::DroppedSpans,
    settings::ExportSettings,
};
use crate::base::{printable::Printable, setup_problem::SetupProblem};

/// The processor with all that is behind it.
pub(super) fn processor(
    settings: &ExportSettings,
    dropped: &Arc<DroppedSpans>,
) -> Result<CountedProcessor, SetupProblem> {
    let failed = |reason: String| SetupProblem::new("otlp", reason);
    let failure = LastFailure::default();
    let client = CollectorClient::new(settings, failure.clone()).map_err(failed)?;
    let exporter = OtlpExporter::builder().with_http().with_http_client(client).build();
    let exporter = exporter.map_err(|error| failed(error.to_string()))?;
    let waiting = Arc::new(AtomicUsize::new(0));
    let exporter =
        CountedExporter { inner: exporter, waiting: Arc::clone(&waiting), dropped: Arc::clone(dropped), failure };
    let config = BatchConfigBuilder::default().with_max_queue_size(settings.queue).build();
    let inner = BatchSpanProcessor::new(exporter, config);
    Ok(CountedProcessor { inner, waiting, limit: settings.queue, dropped: Arc::clone(dropped) })
}

/// Drops and counts spans that the queue has no room for.
#[derive(Debug)]
pub(super) struct CountedProcessor {
    inner: BatchSpanProcessor,
    /// The spans between this and the exporter.
    waiting: Arc<AtomicUsize>,
    limit: usize,
    dropped: Arc<DroppedSpans>,
}

impl SpanProcessor for CountedProcessor {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.limit {
            self.inner.on_end(span);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.dropped.add(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Counts the spans of batches that fail, and logs them.
#[derive(Debug)]
struct CountedExporter {
    inner: OtlpExporter,
    waiting: Arc<AtomicUsize>,
    dropped: Arc<DroppedSpans>,
    failure: LastFailure,
}

impl SpanExporter for CountedExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        let exported = self.inner.export(batch).await;
        if exported.is_err() {
            self.dropped.add(count);
        }
        if let Some(dropped) = self.dropped.to_log() {
            let error = match &exported {
                Ok(()) => "the queue was full".to_owned(),
                Err(error) => self.failure.take().unwrap_or_else(|| error.to_string()),
            };
            tracing::warn!(target: "routekit::otlp", dropped, error = %Printable(error), "spans were dropped");
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
