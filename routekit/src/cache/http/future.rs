//! The future of a request to a cached route: a hit, a miss, or a request that bypasses the cache.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use crate::cache::{
    headers::status::{self, Fwd},
    http::response::outgoing::forbid_reuse,
    invalidation::{Change, ChangeFuture},
};

/// The future of a miss. The functions that make it move their arguments into an `async` block, because an `async fn`
/// holds them twice, in memory that each miss allocates.
pub(in crate::cache) type BoxedResponse<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

pin_project! {
    /// The future of [`Cached`](super::service::Cached).
    pub struct CachedFuture<F, E> {
        #[pin]
        way: Way<F, E>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F, E> {
        // The inner service is called. With a reason, the response states why the request bypasses the cache. The flag
        // is whether its clients have an identity.
        Passed { #[pin] inner: ChangeFuture<F, E>, bypass: Option<(Fwd, bool)> },
        // Taken at the first poll.
        Hit { response: Option<Response> },
        // Boxed, so that a hit has no space for it. The flag is whether its clients have an identity.
        Miss { response: BoxedResponse<E>, private: bool },
    }
}

impl<F, E> CachedFuture<F, E> {
    pub(super) fn passed(inner: F, bypass: Option<(Fwd, bool)>, change: Option<Box<Change>>) -> Self {
        Self { way: Way::Passed { inner: ChangeFuture::new(inner, change), bypass } }
    }

    pub(super) fn hit(response: Response) -> Self {
        Self { way: Way::Hit { response: Some(response) } }
    }

    pub(super) fn miss(response: BoxedResponse<E>, private: bool) -> Self {
        Self { way: Way::Miss { response, private } }
    }
}

impl<F, E> Future for CachedFuture<F, E>
where
    F: Future<Output = Result<Response, E>>,
    E: Send + 'static,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Passed { inner, bypass } => {
                // Changed in place, because moving a response is expensive.
                let mut polled = inner.poll(cx);
                if let (Some((fwd, private)), Poll::Ready(Ok(response))) = (bypass, &mut polled) {
                    status::mark_bypass(response, *fwd);
                    // Responses to other methods are not reused (RFC 9111 §4).
                    if *fwd != Fwd::Method {
                        forbid_reuse(response.headers_mut(), *private);
                    }
                }
                polled
            }
            WayProjection::Hit { response } => {
                Poll::Ready(Ok(response.take().expect("a future is not polled after it has completed")))
            }
            WayProjection::Miss { response, private } => {
                let mut polled = response.as_mut().poll(cx);
                if let Poll::Ready(Ok(response)) = &mut polled {
                    // A stored response already has these headers.
                    forbid_reuse(response.headers_mut(), *private);
                }
                polled
            }
        }
    }
}

impl<F, E> fmt::Debug for CachedFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedFuture").finish_non_exhaustive()
    }
}
