//! The link from a request's span to an exporter of spans.

use std::sync::OnceLock;

use http::{Extensions, HeaderMap, Method, Uri};
use tracing::Span;

/// The tracer of the process: subscribers belong to the process, too.
static INSTALLED: OnceLock<Box<dyn RequestTracer>> = OnceLock::new();

/// Adds what an exporter needs to the spans of requests, and what logs do not show.
pub(crate) trait RequestTracer: Send + Sync {
    /// A request has begun. Called before its span is entered. Returns the id of its trace.
    fn started(&self, span: &Span, head: TracedHead<'_>) -> Option<String>;

    /// The span, and all below it, must not be exported. Called instead of [`started`](Self::started).
    fn ignored(&self, span: &Span);

    /// The request has matched a route.
    fn matched(&self, span: &Span, method: &Method, template: &str);

    /// The request has ended. `error_type` is `None` if it did not fail.
    fn finished(&self, span: &Span, error_type: Option<&str>);
}

/// The head of a request.
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "only an exporter reads it"))]
pub(crate) struct TracedHead<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) extensions: &'a Extensions,
    /// Whether the headers have a valid `traceparent`.
    pub(crate) has_parent: bool,
}

/// An extension of requests that arrive over TLS, if there is a tracer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// Returns the tracer of the process, if spans are exported.
pub(crate) fn request_tracer() -> Option<&'static dyn RequestTracer> {
    INSTALLED.get().map(|tracer| &**tracer)
}

/// Makes this the tracer of the process. Only the first has an effect.
#[cfg(feature = "otlp")]
pub(crate) fn install_request_tracer(tracer: impl RequestTracer + 'static) {
    let _ = INSTALLED.set(Box::new(tracer));
}
