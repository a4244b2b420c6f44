use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll},
};

use axum::response::Response;
use http::Request;
use tower_service::Service;

use super::CatchPanicFuture;
use crate::observe::Report;

/// The service of [`CatchPanicLayer`](super::CatchPanicLayer).
#[derive(Debug, Clone)]
pub struct CatchPanic<S> {
    pub(super) inner: S,
    pub(super) report: Report,
}

accessors!(CatchPanic);

impl<S, B> Service<Request<B>> for CatchPanic<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = CatchPanicFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Unwind safety is the handler's affair, as in a thread that another one joins: what it shares, it shares.
        let called = catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
        CatchPanicFuture::new(called, self.report.clone())
    }
}
