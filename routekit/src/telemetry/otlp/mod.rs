//! Export of spans with OTLP.
//!
//! `settings` reads the variables that the SDK of OpenTelemetry does not check. `client` sends requests. `export` is
//! the bounded queue in front of it, and `dropped` counts what that loses. `requests` adds to the span of a request
//! what logs do not show. `context` is the context of a trace in the headers of requests.

mod client;
mod context;
mod dropped;
mod export;
mod requests;
mod settings;

use std::sync::{Arc, OnceLock};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::FilterFn, registry::LookupSpan};

pub use self::context::inject_trace_context;
use self::{dropped::DroppedSpans, requests::RequestSpans};
use crate::{
    base::{clock::Clock, setup_problem::SetupProblem},
    observe::install_request_tracer,
};

/// The exporter of the process.
static INSTALLED: OnceLock<SpanExport> = OnceLock::new();

/// An exporter with its queue.
#[derive(Debug)]
pub(crate) struct SpanExport {
    provider: SdkTracerProvider,
    dropped: Arc<DroppedSpans>,
}

impl SpanExport {
    /// Creates the exporter that the environment describes. `None` if it names no endpoint.
    pub(super) fn from_env() -> Result<Option<Self>, SetupProblem> {
        let Some(settings) = settings::read()? else { return Ok(None) };
        let dropped = Arc::new(DroppedSpans::new(Clock::system()));
        let processor = export::processor(&settings, &dropped)?;
        // The resource and the sampler come from the environment.
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_resource(Resource::builder().build())
            .build();
        Ok(Some(Self { provider, dropped }))
    }

    /// The layer that turns spans into those of OpenTelemetry: spans of all targets, from level `INFO` on. Events are
    /// for the log only.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let filter = FilterFn::new(|metadata| metadata.is_span() && *metadata.level() <= Level::INFO);
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("routekit"))
            .with_context_activation(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter.with_max_level_hint(LevelFilter::INFO))
    }

    /// Makes this the exporter of the process. Called once, after its subscriber is installed.
    pub(super) fn install(self) {
        install_request_tracer(RequestSpans::new());
        let _ = INSTALLED.set(self);
    }

    /// The exporter of the process, if spans are exported.
    pub(crate) fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// Sends all spans that have ended. Blocks the thread for at most 5 seconds.
    pub(crate) fn flush(&self) {
        // A failure is counted and logged where it happens.
        let _ = self.provider.force_flush();
    }

    /// Returns how many spans were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.total()
    }
}
