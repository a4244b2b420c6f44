//! What correlation does with a request and with its response.

use std::task::Poll;

use axum::{extract::OriginalUri, response::Response};
use http::{Method, Request, StatusCode, Uri, header, request::Parts, uri::PathAndQuery};
use tracing::{Span, span::Entered};

use super::{
    id::{CORRELATION_ID, CorrelationId},
    span::request_span,
    trace_context::TraceId,
};
use crate::{
    base::{clock::Clock, message::copy_head::copy_head},
    observe::{Exchange, RequestTracer, TracedHead, request_tracer, shielded},
    problem::{Occasion, Problem, ProblemFormat, render},
};

/// A request with an id and a span.
#[derive(Debug)]
pub(crate) struct Correlated {
    span: Span,
    /// Whether no exchange reports the end of the request to the exporter of spans.
    ends_trace: bool,
    /// `None` after the response.
    id: Option<CorrelationId>,
    /// `None` for a CONNECT.
    path: Option<PathAndQuery>,
    head: bool,
    format: Option<Box<Formatting>>,
}

/// The app's own format of problems, and the request that it receives.
#[derive(Debug)]
struct Formatting {
    format: ProblemFormat,
    request: Parts,
}

impl Formatting {
    fn new<B>(format: &ProblemFormat, request: &Request<B>, uri: &Uri) -> Self {
        let (mut request, ()) = copy_head(request).into_parts();
        request.uri = uri.clone();
        Self { format: format.clone(), request }
    }

    /// `None` if the function panics. The client then receives the standard document.
    fn respond(&self, problem: &Problem) -> Option<Response> {
        shielded(|| self.format.respond(problem.clone(), &self.request))
    }
}

/// Whose requests a span belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    Clients,
    /// Operators, scrapers and the warm-up, whose requests are not traced.
    Internal,
}

fn begin_trace<B>(
    tracer: &dyn RequestTracer,
    (span, traffic): (&Span, Traffic),
    request: &Request<B>,
    has_parent: bool,
) -> Option<String> {
    match traffic {
        Traffic::Clients => tracer.started(
            span,
            TracedHead {
                method: request.method(),
                uri: request.uri(),
                headers: request.headers(),
                extensions: request.extensions(),
                has_parent,
            },
        ),
        Traffic::Internal => {
            tracer.ignored(span);
            None
        }
    }
}

impl Correlated {
    /// Gives `request` its id and its span. A new id is made with `clock`. `exchange` is that of a watched request.
    /// Problems are written in `format`, or else as standard documents. [`Traffic::Internal`] is not traced.
    pub(crate) fn begin<B>(
        request: &mut Request<B>,
        exchange: Option<&Exchange>,
        (clock, format, traffic): (&Clock, Option<&ProblemFormat>, Traffic),
    ) -> Self {
        let id = CorrelationId::of(request.headers()).unwrap_or_else(|| CorrelationId::new(clock));
        // A watched request keeps its id in its exchange. An app further out may have set one already, and that is the
        // one that the client reads.
        let id = match exchange {
            Some(exchange) => CorrelationId::from_header(exchange.identified(id.into_header())),
            None => id,
        };
        let span = request_span(request, &id);
        if !span.is_disabled() {
            let trace = TraceId::of(request.headers());
            let exported = match request_tracer() {
                Some(tracer) if !exchange.is_some_and(Exchange::is_spanned) => {
                    begin_trace(tracer, (&span, traffic), request, trace.is_some())
                }
                _ => None,
            };
            let trace_id = exported.as_deref().or(trace.as_ref().map(TraceId::as_str));
            if let Some(trace_id) = trace_id {
                span.record("trace_id", trace_id);
            }
            if let Some(exchange) = exchange {
                exchange.spanned(&span, trace_id);
            }
        }
        // Below a `nest`, the URI has lost its beginning.
        let uri = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri(), |uri| &uri.0);
        let path = uri.path_and_query().cloned();
        let format = format.map(|format| Box::new(Formatting::new(format, request, uri)));
        let head = request.method() == Method::HEAD;
        if exchange.is_none() {
            request.extensions_mut().insert(id.clone());
        }
        let ends_trace = exchange.is_none() && traffic == Traffic::Clients;
        Self { span, ends_trace, id: Some(id), path, head, format }
    }

    /// Enters the span, to call the inner service in it.
    pub(crate) fn enter(&self) -> Entered<'_> {
        self.span.enter()
    }

    /// Polls the inner future within the span. Its response gets the id, and its problem the details of the request.
    pub(crate) fn poll<E>(&mut self, poll: impl FnOnce() -> Poll<Result<Response, E>>) -> Poll<Result<Response, E>> {
        let Self { span, ends_trace, id, path, head, format } = self;
        let _entered = span.enter();
        // The response is changed in place: it is large to move.
        let mut polled = poll();
        if let Poll::Ready(Ok(response)) = &mut polled {
            let id = id.take().expect("a future is not polled again after its output");
            let status = response.status();
            if !span.is_disabled() {
                span.record("http.response.status_code", status.as_u16());
                if *ends_trace && let Some(tracer) = request_tracer() {
                    tracer.finished(span, status.is_server_error().then_some(status.as_str()));
                }
            }
            if status.is_client_error() || status.is_server_error() {
                let path = path.as_ref().map_or("", PathAndQuery::path);
                let format = |problem: &Problem| format.as_ref().and_then(|format| format.respond(problem));
                render(response, Occasion { path, head: *head, correlation_id: id.as_str() }, format);
            } else if status == StatusCode::NOT_MODIFIED {
                // axum sets 0, which is not the length of the response that a 200 would have had (RFC 9110 §8.6).
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            // A response with the most headers that it can have goes without.
            let _ = response.headers_mut().try_insert(CORRELATION_ID, id.into_header());
        }
        polled
    }
}
