use std::{
    task::{Context, Poll},
    time::Duration,
};

use axum::response::Response;
use http::Request;
use tower_service::Service;

use super::TimeoutFuture;
use crate::observe::Report;

/// The service of [`TimeoutLayer`](super::TimeoutLayer).
#[derive(Debug, Clone)]
pub struct Timeout<S> {
    pub(super) inner: S,
    pub(super) limit: Option<Duration>,
    pub(super) report: Report,
}

accessors!(Timeout);

impl<S, B> Service<Request<B>> for Timeout<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        TimeoutFuture::new(self.inner.call(request), self.limit, self.report.clone())
    }
}
