use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use super::limiter::Place;

pin_project! {
    /// The future of [`Concurrency`](super::Concurrency).
    pub struct ConcurrencyFuture<F> {
        #[pin]
        inner: Option<F>,
        // Given back with the answer, and not whenever whoever has it lets go of this.
        place: Option<Place>,
        refusal: Option<Box<Response>>,
    }
}

impl<F> ConcurrencyFuture<F> {
    pub(super) fn calling(inner: F, place: Option<Place>) -> Self {
        Self { inner: Some(inner), place, refusal: None }
    }

    pub(super) fn refused(response: Response) -> Self {
        Self { inner: None, place: None, refusal: Some(Box::new(response)) }
    }
}

impl<F, E> Future for ConcurrencyFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            let refusal = this.refusal.take().expect("a future is not polled after its end");
            return Poll::Ready(Ok(*refusal));
        };
        let polled = inner.poll(cx);
        if polled.is_ready() {
            *this.place = None;
        }
        polled
    }
}

impl<F> fmt::Debug for ConcurrencyFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyFuture").finish_non_exhaustive()
    }
}
