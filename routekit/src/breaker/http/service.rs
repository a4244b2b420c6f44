use std::{
    fmt,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use tower_service::Service;

use super::{HttpBreakerFuture, future::Judging, layer::Judge, upload::Upload};
use crate::{
    breaker::{CircuitBreaker, Open},
    observe::{Event, Failure, Report},
    problem::Problem,
    route::Endpoint,
};

/// The service of [`HttpBreakerLayer`](super::HttpBreakerLayer).
#[derive(Clone)]
pub struct HttpBreaker<S> {
    pub(super) inner: S,
    pub(super) breaker: Option<CircuitBreaker>,
    pub(super) judge: Option<Judge>,
    pub(super) fallback: Option<Endpoint>,
    pub(super) report: Report,
}

accessors!(HttpBreaker);

impl<S> Service<Request> for HttpBreaker<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = HttpBreakerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let Some(breaker) = &self.breaker else { return HttpBreakerFuture::calling(self.inner.call(request), None) };
        match breaker.try_acquire_owned() {
            Ok(permit) => {
                let judged = (permit, Judging { upload: Upload::watch(&mut request), judge: self.judge.clone() });
                HttpBreakerFuture::calling(self.inner.call(request), Some(judged))
            }
            Err(open) => {
                self.report.event(Event::BreakerOpen);
                match &mut self.fallback {
                    Some(fallback) => HttpBreakerFuture::standing_in(fallback.call(request)),
                    None => HttpBreakerFuture::refused(open.into_response()),
                }
            }
        }
    }
}

/// 503 with `Retry-After`, in whole seconds and rounded up, so that nobody comes too early; a second where probes are under way.
impl From<Open> for Problem {
    fn from(open: Open) -> Self {
        let nanos = open.retry_after().as_nanos();
        let seconds = u64::try_from(nanos.div_ceil(1_000_000_000)).unwrap_or(u64::MAX).max(1);
        Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_detail("what this depends on is failing; try again later")
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
            .with_source(open)
    }
}

impl IntoResponse for Open {
    fn into_response(self) -> Response {
        let mut response = Problem::from(self).into_response();
        response.extensions_mut().insert(Failure::BreakerOpen);
        response
    }
}

impl<S: fmt::Debug> fmt::Debug for HttpBreaker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBreaker")
            .field("inner", &self.inner)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}
