use std::{
    fmt,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::{
    observe::{Event, Failure, Report},
    problem::Problem,
};

pin_project! {
    /// The future of [`Timeout`](super::Timeout).
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        limit: Option<Duration>,
        report: Report,
        // In a box, so that what does not wait has no room for it: every layer further out moves this future once.
        sleep: Option<Pin<Box<Sleep>>>,
    }
}

impl<F> TimeoutFuture<F> {
    pub(super) fn new(inner: F, limit: Option<Duration>, report: Report) -> Self {
        Self { inner, limit, report, sleep: None }
    }
}

impl<F, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this.inner.poll(cx);
        if polled.is_ready() {
            return polled;
        }
        // Taken with the first `Pending`, after which the timer is there.
        if let Some(limit) = this.limit.take() {
            *this.sleep = Some(Box::pin(tokio::time::sleep(limit)));
        }
        // Outside tokio's budget, which a handler that is always busy has used up.
        match this.sleep.as_mut().map(|sleep| pin!(tokio::task::unconstrained(sleep)).poll(cx)) {
            Some(Poll::Ready(())) => {
                this.report.event(Event::TimedOut);
                Poll::Ready(Ok(timed_out()))
            }
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }
}

impl<F> fmt::Debug for TimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutFuture").field("limit", &self.limit).finish_non_exhaustive()
    }
}

fn timed_out() -> Response {
    let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT).with_detail("the request took too long to answer");
    let mut response = problem.into_response();
    response.extensions_mut().insert(Failure::Timeout);
    response
}
