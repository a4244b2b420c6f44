use http::Request;
use tracing::{Span, field::Empty, level_filters::LevelFilter};

use super::id::CorrelationId;
use crate::{base::printable, observe::method_name};

/// The span of a request, with the fields of OpenTelemetry's conventions for HTTP servers. The caller records its
/// `trace_id`.
pub(super) fn request_span<B>(request: &Request<B>, id: &CorrelationId) -> Span {
    // Without a subscriber or a logger there is no span. `info_span!` would still evaluate every field for `log`,
    // because axum's feature `tower-log` makes `tracing` forward events to it.
    if LevelFilter::current() < LevelFilter::INFO && log::max_level() < log::LevelFilter::Info {
        return Span::none();
    }
    tracing::info_span!(
        "request",
        otel.kind = "server",
        http.request.method = method_name(request.method()),
        http.route = Empty,
        http.response.status_code = Empty,
        url.path = &*printable::path(request.uri().path()),
        network.protocol.version = ?request.version(),
        correlation_id = id.as_str(),
        trace_id = Empty,
    )
}
