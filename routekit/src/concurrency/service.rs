use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Request, StatusCode, header};
use tower_service::Service;

use super::{ConcurrencyFuture, limiter::Limiter};
use crate::{
    observe::{Event, Failure, Report},
    problem::Problem,
};

/// The service of [`ConcurrencyLayer`](super::ConcurrencyLayer).
#[derive(Debug, Clone)]
pub struct Concurrency<S> {
    pub(super) inner: S,
    pub(super) limiter: Option<Arc<Limiter>>,
    pub(super) report: Report,
}

accessors!(Concurrency);

impl<S, B> Service<Request<B>> for Concurrency<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = ConcurrencyFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Some(limiter) = &self.limiter else { return ConcurrencyFuture::calling(self.inner.call(request), None) };
        match limiter.take() {
            Some(place) => ConcurrencyFuture::calling(self.inner.call(request), Some(place)),
            None => {
                self.report.event(Event::ConcurrencyExceeded);
                ConcurrencyFuture::refused(refusal())
            }
        }
    }
}

fn refusal() -> Response {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE)
        .with_detail("too many requests of this kind are being answered; try again in a moment")
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"));
    let mut response = problem.into_response();
    response.extensions_mut().insert(Failure::Concurrency);
    response
}
