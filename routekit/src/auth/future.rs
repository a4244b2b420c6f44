use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::response::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of [`Auth`](super::Auth).
    pub struct AuthFuture<F> {
        #[pin]
        way: Way<F>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F> {
        // Nobody was asked, or whoever was is admitted.
        Passed { #[pin] inner: F },
        Asked { admitted: Admitted<F> },
    }
}

/// The inner future, or the refusal. In a box, so that requests that nobody asks have no room for it.
type Admitted<F> = Pin<Box<dyn Future<Output = Result<F, Response>> + Send>>;

impl<F> AuthFuture<F> {
    pub(super) fn passed(inner: F) -> Self {
        Self { way: Way::Passed { inner } }
    }

    pub(super) fn asked(admitted: impl Future<Output = Result<F, Response>> + Send + 'static) -> Self {
        Self { way: Way::Asked { admitted: Box::pin(admitted) } }
    }
}

impl<F, E> Future for AuthFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut way = self.project().way;
        loop {
            match way.as_mut().project() {
                WayProjection::Passed { inner } => return inner.poll(cx),
                WayProjection::Asked { admitted } => match ready!(admitted.as_mut().poll(cx)) {
                    Ok(inner) => way.set(Way::Passed { inner }),
                    Err(refusal) => return Poll::Ready(Ok(refusal)),
                },
            }
        }
    }
}

impl<F> fmt::Debug for AuthFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthFuture").finish_non_exhaustive()
    }
}
