use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{extract::OriginalUri, response::Response};
use http::{Method, Request, StatusCode, header, uri::PathAndQuery};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Span;

use super::{
    id::{CORRELATION_ID, CorrelationId},
    span::request_span,
};
use crate::{
    base::clock::Clock,
    observe::Exchange,
    problem::{Occasion, render},
};

/// Gives every request an id, and every problem the id of its request. See the [module docs](crate::correlation).
#[derive(Debug, Clone, Default)]
pub struct CorrelationLayer {
    clock: Clock,
}

impl CorrelationLayer {
    /// A layer that makes ids with the system's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self { clock: Clock::system() }
    }

    /// Makes ids with this clock. Defaults to the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = Correlation<S>;

    fn layer(&self, inner: S) -> Correlation<S> {
        Correlation { inner, clock: self.clock.clone() }
    }
}

/// The service of [`CorrelationLayer`].
#[derive(Debug, Clone)]
pub struct Correlation<S> {
    inner: S,
    clock: Clock,
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
        // A watched request keeps its id in its exchange. An app further out may have set one already, and that is the
        // one that the client reads.
        let exchange = request.extensions().get::<Exchange>();
        let id = match exchange {
            Some(exchange) => CorrelationId::from_header(exchange.identified(id.into_header())),
            None => id,
        };
        let span = request_span(&request, &id);
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

pin_project! {
    /// The future of [`Correlation`].
    #[derive(Debug)]
    pub struct CorrelationFuture<F> {
        #[pin]
        inner: F,
        span: Span,
        // `None` after the response.
        id: Option<CorrelationId>,
        // `None` for a CONNECT.
        path: Option<PathAndQuery>,
        head: bool,
    }
}

impl<F, E> Future for CorrelationFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        // The response is changed in place: it is large to move.
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled {
            let id = this.id.take().expect("a future is not polled again after its output");
            let status = response.status();
            if !this.span.is_disabled() {
                this.span.record("http.response.status_code", status.as_u16());
            }
            if status.is_client_error() || status.is_server_error() {
                let path = this.path.as_ref().map_or("", PathAndQuery::path);
                render(response, Occasion { path, head: *this.head, correlation_id: id.as_str() });
            } else if status == StatusCode::NOT_MODIFIED {
                // axum sets 0, which is not the length of the response that a 200 would have had (RFC 9110 §8.6).
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            response.headers_mut().insert(CORRELATION_ID, id.into_header());
        }
        polled
    }
}
