use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use crate::cache::{
    invalidation::{Guard, Watched},
    status::{self, BYPASS, Fwd},
};

pin_project! {
    /// The future of [`Cached`](crate::cache::Cached).
    pub struct CachedFuture<F, E> {
        #[pin]
        way: Way<F, E>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F, E> {
        // Nothing is cached here, or not this request, for this reason.
        Passed { #[pin] inner: Watched<F, E>, why: Option<Fwd> },
        // Taken with the first poll.
        Hit { response: Option<Response> },
        Asked { answer: Answer<E> },
    }
}

/// In a box, so that requests that hit have no room for it.
type Answer<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

impl<F, E> CachedFuture<F, E> {
    /// Past the cache, which says so where there is one.
    pub(in crate::cache) fn passed(inner: F, why: Option<Fwd>) -> Self {
        Self::watched(inner, why, None)
    }

    /// The same for a request that may change its URL.
    pub(in crate::cache) fn watched(inner: F, why: Option<Fwd>, guard: Option<Guard>) -> Self {
        Self { way: Way::Passed { inner: Watched::new(inner, guard), why } }
    }

    pub(in crate::cache) fn hit(response: Response) -> Self {
        Self { way: Way::Hit { response: Some(response) } }
    }

    /// More is to be done than to look.
    pub(in crate::cache) fn asked(answer: impl Future<Output = Result<Response, E>> + Send + 'static) -> Self {
        Self { way: Way::Asked { answer: Box::pin(answer) } }
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
            WayProjection::Passed { inner, why } => {
                // Changed where it lies: a response is large to move.
                let mut polled = inner.poll(cx);
                if let (Some(why), Poll::Ready(Ok(response))) = (why, &mut polled) {
                    status::mark(response, BYPASS, why.value());
                }
                polled
            }
            WayProjection::Hit { response } => {
                Poll::Ready(Ok(response.take().expect("a future is not polled once it has ended")))
            }
            WayProjection::Asked { answer } => answer.as_mut().poll(cx),
        }
    }
}

impl<F, E> fmt::Debug for CachedFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedFuture").finish_non_exhaustive()
    }
}
