use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of [`Auth`](super::Auth).
    pub struct AuthFuture<F: Future> {
        #[pin]
        way: Way<F>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F: Future> {
        // Nobody is asked.
        Passed { #[pin] inner: F },
        // In a box, so that requests that nobody asks have no room for it.
        Asked { asked: Pin<Box<dyn Future<Output = F::Output> + Send>> },
    }
}

impl<F: Future> AuthFuture<F> {
    pub(super) fn passed(inner: F) -> Self {
        Self { way: Way::Passed { inner } }
    }

    pub(super) fn asked(asked: impl Future<Output = F::Output> + Send + 'static) -> Self {
        Self { way: Way::Asked { asked: Box::pin(asked) } }
    }
}

impl<F, E> Future for AuthFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Passed { inner } => inner.poll(cx),
            WayProjection::Asked { asked } => asked.as_mut().poll(cx),
        }
    }
}

impl<F: Future> fmt::Debug for AuthFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthFuture").finish_non_exhaustive()
    }
}
