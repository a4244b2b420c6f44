//! The future of a service that may have changed its URL.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use super::own_url::Guard;

pin_project! {
    /// Passes an answer on; before it leaves, what it changed is invalid.
    pub(in crate::cache) struct Watched<F, E> {
        #[pin]
        inner: F,
        after: After<E>,
    }
}

/// What is to be done once there is an answer. In a box where that is more than nothing, since most requests change nothing.
enum After<E> {
    Nothing,
    Settle(Guard),
    Settling(Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>),
}

impl<F, E> Watched<F, E> {
    /// With nothing to be done, it is the inner future.
    pub(in crate::cache) fn new(inner: F, guard: Option<Guard>) -> Self {
        Self { inner, after: guard.map_or(After::Nothing, After::Settle) }
    }
}

impl<F, E> Future for Watched<F, E>
where
    F: Future<Output = Result<Response, E>>,
    E: Send + 'static,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.after {
            After::Nothing => this.inner.poll(cx),
            After::Settling(settled) => settled.as_mut().poll(cx),
            After::Settle(guard) => {
                let Poll::Ready(answer) = this.inner.poll(cx) else { return Poll::Pending };
                if guard.is_idle(&answer) {
                    guard.disarm();
                    return Poll::Ready(answer);
                }
                let After::Settle(guard) = mem::replace(this.after, After::Nothing) else { return Poll::Ready(answer) };
                let mut settled = Box::pin(guard.settle(answer));
                let polled = settled.as_mut().poll(cx);
                if polled.is_pending() {
                    *this.after = After::Settling(settled);
                }
                polled
            }
        }
    }
}
