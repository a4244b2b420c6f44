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
        // Borrowed by the closure, since `catch_unwind` moves what goes in and what comes out, and both are large.
        let (mut request, mut inner) = (Some(request), None);
        let call = || inner = request.take().map(|request| self.inner.call(request));
        // Unwind safety is the handler's affair, as in a thread that another one joins: what it shares, it shares.
        let panic = catch_unwind(AssertUnwindSafe(call)).err();
        CatchPanicFuture { inner, panic, report: self.report.clone() }
    }
}
