use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pin_project_lite::pin_project;

use crate::{
    observe::{Event, Report},
    problem::Problem,
};

pin_project! {
    /// The future of [`BodyLimit`](super::BodyLimit).
    #[derive(Debug)]
    pub struct BodyLimitFuture<F> {
        // `None` where the request was refused.
        #[pin]
        inner: Option<F>,
        report: Report,
    }
}

impl<F> BodyLimitFuture<F> {
    pub(super) fn passed(inner: F, report: Report) -> Self {
        Self { inner: Some(inner), report }
    }

    pub(super) fn refused(report: Report) -> Self {
        Self { inner: None, report }
    }
}

impl<F, E> Future for BodyLimitFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = match this.inner.as_pin_mut() {
            Some(inner) => inner.poll(cx),
            None => Poll::Ready(Ok(too_large())),
        };
        if let Poll::Ready(Ok(response)) = &polled
            && response.status() == StatusCode::PAYLOAD_TOO_LARGE
        {
            this.report.event(Event::BodyTooLarge);
        }
        polled
    }
}

fn too_large() -> Response {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE).with_detail("the body is larger than this route takes").into_response()
}
