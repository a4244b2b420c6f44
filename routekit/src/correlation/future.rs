use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use http::{StatusCode, header, uri::PathAndQuery};
use pin_project_lite::pin_project;
use tracing::Span;

use super::{CorrelationId, id::CORRELATION_ID};
use crate::problem::{Occasion, render};

pin_project! {
    /// The future of [`Correlation`](super::Correlation).
    #[derive(Debug)]
    pub struct CorrelationFuture<F> {
        #[pin]
        pub(super) inner: F,
        pub(super) span: Span,
        // Until the head is there.
        pub(super) id: Option<CorrelationId>,
        // `None` for a CONNECT.
        pub(super) path: Option<PathAndQuery>,
        pub(super) head: bool,
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
        // Changed where it lies: a response is large to move.
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled {
            let id = this.id.take().expect("a future is not polled once it has ended");
            let status = response.status();
            if !this.span.is_disabled() {
                this.span.record("http.response.status_code", status.as_u16());
            }
            if status.is_client_error() || status.is_server_error() {
                let path = this.path.as_ref().map_or("", PathAndQuery::path);
                render(response, Occasion { path, head: *this.head, correlation_id: id.as_str() });
            } else if status == StatusCode::NOT_MODIFIED {
                // axum says 0, which is the length of another answer (RFC 9110 §8.6).
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            response.headers_mut().insert(CORRELATION_ID, id.into_header());
        }
        polled
    }
}
