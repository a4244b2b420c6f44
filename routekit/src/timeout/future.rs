use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::response::Response;
use pin_project_lite::pin_project;

use crate::{
    deadline::{Deadline, timed_out},
    observe::Report,
};

pin_project! {
    /// The future of [`Timeout`](super::Timeout).
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        deadline: Deadline,
        report: Report,
    }
}

impl<F> TimeoutFuture<F> {
    pub(super) fn new(inner: F, limit: Option<Duration>, report: Report) -> Self {
        Self { inner, deadline: Deadline::after(limit), report }
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
        ready!(this.deadline.poll_expired(cx));
        Poll::Ready(Ok(timed_out(this.report)))
    }
}

impl<F> fmt::Debug for TimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutFuture").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
