//! The context of a trace in the headers of requests (W3C Trace Context).

use http::{HeaderMap, header::HeaderName};
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator as _},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Adds `traceparent` and `tracestate` to the headers of an outgoing request, so that the called server continues the
/// trace of the current span.
///
/// It replaces these headers. Without a current span, or if [`init`](super::super::init) exports no spans, it changes
/// nothing.
///
/// ```
/// use http::Request;
/// use routekit::telemetry::inject_trace_context;
/// use tracing::Instrument;
///
/// # async fn send(_: Request<()>) {}
/// # async fn call() {
/// let span = tracing::info_span!("GET", otel.kind = "client", server.address = "prices.internal");
/// async {
///     let mut request = Request::get("http://prices.internal/7").body(()).unwrap();
///     inject_trace_context(request.headers_mut());
///     send(request).await
/// }
/// .instrument(span)
/// .await
/// # }
/// ```
pub fn inject_trace_context(headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut HeaderInjector(headers));
    // The propagator adds an empty one to a context without state.
    if headers.get(&TRACESTATE).is_some_and(|state| state.is_empty()) {
        headers.remove(TRACESTATE);
    }
}

/// The longest `tracestate` that is continued: what W3C Trace Context §3.3.1.5 asks for. Each span keeps it.
const LONGEST_STATE: usize = 512;

/// Headers without a `tracestate` that is longer.
struct Bounded<'a>(HeaderExtractor<'a>);

impl Extractor for Bounded<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).filter(|value| key != TRACESTATE.as_str() || value.len() <= LONGEST_STATE)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys()
    }
}

/// The context that the headers of a request have.
pub(super) fn extract(headers: &HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &Bounded(HeaderExtractor(headers)))
}
