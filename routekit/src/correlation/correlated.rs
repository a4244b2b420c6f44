//! What correlation does with a request and with its response.

use std::task::Poll;

use axum::{extract::OriginalUri, response::Response};
use http::{Method, Request, StatusCode, header, uri::PathAndQuery};
use tracing::{Span, span::Entered};

use super::{
    id::{CORRELATION_ID, CorrelationId},
    span::request_span,
};
use crate::{
    base::clock::Clock,
    observe::Exchange,
    problem::{Occasion, render},
};

/// A request with an id and a span.
#[derive(Debug)]
pub(crate) struct Correlated {
    span: Span,
    /// `None` after the response.
    id: Option<CorrelationId>,
    /// `None` for a CONNECT.
    path: Option<PathAndQuery>,
    head: bool,
}

impl Correlated {
    /// Gives `request` its id and its span. A new id is made with `clock`. `exchange` is that of a watched request.
    pub(crate) fn begin<B>(request: &mut Request<B>, exchange: Option<&Exchange>, clock: &Clock) -> Self {
        let id = CorrelationId::of(request.headers()).unwrap_or_else(|| CorrelationId::new(clock));
        // A watched request keeps its id in its exchange. An app further out may have set one already, and that is the
        // one that the client reads.
        let id = match exchange {
            Some(exchange) => CorrelationId::from_header(exchange.identified(id.into_header())),
            None => id,
        };
        let span = request_span(request, &id);
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
        Self { span, id: Some(id), path, head }
    }

    /// Enters the span, to call the inner service in it.
    pub(crate) fn enter(&self) -> Entered<'_> {
        self.span.enter()
    }

    /// Polls the inner future within the span. Its response gets the id, and its problem the details of the request.
    pub(crate) fn poll<E>(&mut self, poll: impl FnOnce() -> Poll<Result<Response, E>>) -> Poll<Result<Response, E>> {
        let Self { span, id, path, head } = self;
        let _entered = span.enter();
        // The response is changed in place: it is large to move.
        let mut polled = poll();
        if let Poll::Ready(Ok(response)) = &mut polled {
            let id = id.take().expect("a future is not polled again after its output");
            let status = response.status();
            if !span.is_disabled() {
                span.record("http.response.status_code", status.as_u16());
            }
            if status.is_client_error() || status.is_server_error() {
                let path = path.as_ref().map_or("", PathAndQuery::path);
                render(response, Occasion { path, head: *head, correlation_id: id.as_str() });
            } else if status == StatusCode::NOT_MODIFIED {
                // axum sets 0, which is not the length of the response that a 200 would have had (RFC 9110 §8.6).
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            response.headers_mut().insert(CORRELATION_ID, id.into_header());
        }
        polled
    }
}
