use std::task::{Context, Poll};

use axum::{extract::OriginalUri, response::Response};
use http::{Method, Request};
use tower_service::Service;
use tracing::{Span, field::Empty, level_filters::LevelFilter};

use super::{CorrelationFuture, CorrelationId, TraceId};
use crate::{
    clock::Clock,
    observe::{Exchange, method_name},
    printable,
};

/// The service of [`CorrelationLayer`](super::CorrelationLayer).
#[derive(Debug, Clone)]
pub struct Correlation<S> {
    pub(super) inner: S,
    pub(super) clock: Clock,
}

accessors!(Correlation);

impl<S, B> Service<Request<B>> for Correlation<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = CorrelationFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let id = CorrelationId::of(request.headers()).unwrap_or_else(|| CorrelationId::new(&self.clock));
        // Where the request is watched, its exchange has the id at hand for whoever asks: that of an app further out, which
        // the client will read, if there is one.
        let exchange = request.extensions().get::<Exchange>();
        let id = match exchange {
            Some(exchange) => CorrelationId::from_header(exchange.identified(id.into_header())),
            None => id,
        };
        let span = span(&request, &id);
        if let Some(exchange) = exchange {
            exchange.spanned(&span);
        }
        // Below a `nest`, the URI has lost its beginning.
        let uri = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri(), |uri| &uri.0);
        let path = uri.path_and_query().cloned();
        let head = request.method() == Method::HEAD;
        if exchange.is_none() {
            request.extensions_mut().insert(id.clone());
        }
        let inner = {
            let _entered = span.enter();
            self.inner.call(request)
        };
        CorrelationFuture { inner, span, id: Some(id), path, head }
    }
}

/// The span of one request, after OpenTelemetry's HTTP server conventions.
fn span<B>(request: &Request<B>, id: &CorrelationId) -> Span {
    // Nobody listens. `info_span!` would look at every value all the same, for `log`: axum's feature `tower-log` has `tracing`
    // tell it what no subscriber is told.
    if LevelFilter::current() < LevelFilter::INFO && log::max_level() < log::LevelFilter::Info {
        return Span::none();
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
    if !span.is_disabled()
        && let Some(trace) = TraceId::of(request.headers())
    {
        span.record("trace_id", trace.as_str());
    }
    span
}
