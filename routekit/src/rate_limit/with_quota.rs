//! The headers of rate limits on the response of a layer's service.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use super::{quota_states::QuotaStates, rate_limits::RateLimits};

pin_project! {
    /// The future of a service, which adds the headers of the limits to its response.
    pub(super) struct WithQuota<F> {
        #[pin]
        inner: F,
        states: QuotaStates,
        limits: Arc<RateLimits>,
    }
}

impl<F> WithQuota<F> {
    pub(super) fn new(inner: F, states: QuotaStates, limits: Arc<RateLimits>) -> Self {
        Self { inner, states, limits }
    }
}

impl<F, E> Future for WithQuota<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.inner.poll(cx));
        if let Ok(response) = &mut answer {
            this.limits.add_headers(response.headers_mut(), this.states);
        }
        Poll::Ready(answer)
    }
}
