use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use super::{
    change::{Change, Settling},
    detachable_handler::DetachableHandler,
};

pin_project! {
    /// Passes on a response after it has invalidated the changes of its handler.
    pub(in crate::cache) struct ChangeFuture<F, E> {
        #[pin]
        state: FutureState<F, E>,
    }
}

pin_project! {
    #[project = FutureStateProjection]
    #[project_replace = FutureStateReplaced]
    enum FutureState<F, E> {
        // The inner future ends with its client.
        Inner { #[pin] inner: F, change: Option<Box<Change>> },
        // Boxed, so that requests that invalidate nothing have no space for it.
        Settling { settling: Settling, answer: Option<Box<Result<Response, E>>> },
    }
}

impl<F, E> ChangeFuture<F, E> {
    /// Without a change, it is the same as the inner future.
    pub(in crate::cache) fn new(inner: F, change: Option<Box<Change>>) -> Self {
        Self { state: FutureState::Inner { inner, change } }
    }
}

impl<F, E> Future for ChangeFuture<F, E>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                FutureStateProjection::Inner { inner, change: None } => return inner.poll(cx),
                FutureStateProjection::Inner { inner, change } => {
                    let answer = ready!(inner.poll(cx));
                    let Some(settling) = change.take().and_then(|change| change.settle(&answer)) else {
                        return Poll::Ready(answer);
                    };
                    state.as_mut().project_replace(FutureState::Settling { settling, answer: Some(Box::new(answer)) });
                }
                FutureStateProjection::Settling { settling, answer } => {
                    ready!(settling.as_mut().poll(cx));
                    return Poll::Ready(*answer.take().expect("a future is not polled after it has ended"));
                }
            }
        }
    }
}

pin_project! {
    /// The future of [`Invalidating`](super::Invalidating).
    pub struct InvalidatingFuture<F, E>
    where
        E: Send,
        E: 'static,
    {
        #[pin]
        kind: Kind<F, E>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F, E>
    where
        E: Send,
        E: 'static,
    {
        Url { #[pin] inner: ChangeFuture<F, E> },
        Declared { handler: DetachableHandler<E> },
    }
}

impl<F, E: Send + 'static> InvalidatingFuture<F, E> {
    /// The URL of an unsafe request is invalidated; nothing is declared.
    pub(super) fn of_url(inner: F, change: Option<Box<Change>>) -> Self {
        Self { kind: Kind::Url { inner: ChangeFuture::new(inner, change) } }
    }

    pub(super) fn of_handler(handler: DetachableHandler<E>) -> Self {
        Self { kind: Kind::Declared { handler } }
    }
}

impl<F, E> Future for InvalidatingFuture<F, E>
where
    F: Future<Output = Result<Response, E>>,
    E: Send + 'static,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Url { inner } => inner.poll(cx),
            KindProjection::Declared { handler } => Pin::new(handler).poll(cx),
        }
    }
}

impl<F, E: Send + 'static> fmt::Debug for InvalidatingFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidatingFuture").finish_non_exhaustive()
    }
}
