use http::{Request, Version};
use tracing::{Span, field::Empty, level_filters::LevelFilter};

use super::id::CorrelationId;
use crate::{base::printable, observe::method_name};

/// The longest path in a span. An exporter keeps thousands of spans, and a collector refuses large batches.
const LONGEST_PATH: usize = 1024;

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
        url.path = &*printable::path(request.uri().path(), LONGEST_PATH),
        network.protocol.version = version(request.version()),
        correlation_id = id.as_str(),
        trace_id = Empty,
    )
}

/// The value of `network.protocol.version`.
fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}
