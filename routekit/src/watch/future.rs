use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use http::{Method, StatusCode, header};
use pin_project_lite::pin_project;

use super::{body::WatchedBody, sample::Sample};
use crate::observe::Failure;

pin_project! {
    /// The future of [`Watch`](super::Watch).
    pub struct WatchFuture<F> {
        #[pin]
        inner: F,
        // `None` where somebody further out watches.
        sample: Option<Sample>,
    }
}

impl<F> WatchFuture<F> {
    pub(super) fn new(inner: F, sample: Option<Sample>) -> Self {
        Self { inner, sample }
    }
}

impl<F, E> Future for WatchFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Changed where it lies: a response is large to move.
        let mut polled = this.inner.poll(cx);
        let Some(sample) = this.sample else { return polled };
        if let Poll::Ready(Err(_)) = &polled {
            sample.end(Some(Failure::Service));
        }
        if let Poll::Ready(Ok(response)) = &mut polled {
            sample.status = Some(response.status());
            let failure = failure(response);
            match length(sample.method(), response) {
                Some(length) => {
                    sample.response_bytes = length;
                    sample.end(failure);
                }
                None => {
                    let body = std::mem::take(response.body_mut());
                    *response.body_mut() = Body::new(WatchedBody::new(body, sample.hand_on(), failure));
                }
            }
        }
        polled
    }
}

/// Bytes of the body that will be sent, if that is known.
fn length(method: &Method, response: &Response) -> Option<u64> {
    let status = response.status();
    // No body follows, whatever the response holds (RFC 9110 §6.4.1, and §9.3.6 for a tunnel).
    if *method == Method::HEAD
        || (*method == Method::CONNECT && status.is_success())
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        return Some(0);
    }
    response.body().size_hint().exact().or_else(|| {
        if response.body().is_end_stream() {
            return Some(0);
        }
        // The server stops at what was announced, and never sees the end of the body.
        response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    })
}

fn failure(response: &Response) -> Option<Failure> {
    response.extensions().get().copied()
}

impl<F> fmt::Debug for WatchFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchFuture").field("sample", &self.sample).finish_non_exhaustive()
    }
}
