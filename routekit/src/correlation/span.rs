use http::Request;
use tracing::{Span, field::Empty, level_filters::LevelFilter};

use super::{id::CorrelationId, trace_context::TraceId};
use crate::{base::printable, observe::method_name};

/// The span of a request, with the fields of OpenTelemetry's conventions for HTTP servers, and its trace. Without a
/// span, the trace is not read.
pub(super) fn request_span<B>(request: &Request<B>, id: &CorrelationId) -> (Span, Option<TraceId>) {
    // Without a subscriber or a logger there is no span. `info_span!` would still evaluate every field for `log`,
    // because axum's feature `tower-log` makes `tracing` forward events to it.
    if LevelFilter::current() < LevelFilter::INFO && log::max_level() < log::LevelFilter::Info {
        return (Span::none(), None);
    }
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        http.request.method = method_name(request.method()),
        http.route = Empty,
        http.response.status_code = Empty,
        url.path = &*printable::path(request.uri().path()),
        network.protocol.version = ?request.version(),
        correlation_id = id.as_str(),
        trace_id = Empty,
    );
    let trace = if span.is_disabled() { None } else { TraceId::of(request.headers()) };
    if let Some(trace) = &trace {
        span.record("trace_id", trace.as_str());
    }
    (span, trace)
}
