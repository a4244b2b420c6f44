use std::task::{Context, Poll};

use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request},
    response::Response,
};
use http_body_util::Limited;
use tower_service::Service;

use super::BodyLimitFuture;
use crate::observe::Report;

/// The service of [`BodyLimitLayer`](super::BodyLimitLayer).
#[derive(Debug, Clone)]
pub struct BodyLimit<S> {
    pub(super) inner: S,
    pub(super) bytes: u64,
    pub(super) report: Report,
}

accessors!(BodyLimit);

/// What axum's extractors take where nobody says otherwise.
const AXUM_DEFAULT_BYTES: u64 = 2_097_152;

impl<S> Service<Request> for BodyLimit<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BodyLimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let length = request.body().size_hint().upper();
        match length {
            Some(length) if length > self.bytes => return BodyLimitFuture::refused(self.report.clone()),
            Some(_) => {}
            None => {
                // On a 32-bit machine a larger limit is no limit: such a body does not fit in memory.
                let bytes = usize::try_from(self.bytes).unwrap_or(usize::MAX);
                let body = std::mem::take(request.body_mut());
                *request.body_mut() = Body::new(Limited::new(body, bytes));
            }
        }
        // A body that is counted here is not counted again: axum finds our error below one of its own only.
        if length.is_none_or(|length| length > AXUM_DEFAULT_BYTES) {
            DefaultBodyLimit::disable().apply(&mut request);
        }
        // What is counted here is refused by the extractor that reads it.
        let report = if length.is_none() { self.report.clone() } else { Report::default() };
        BodyLimitFuture::passed(self.inner.call(request), report)
    }
}
