use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pin_project_lite::pin_project;
use tokio::sync::oneshot;

use super::{own_url::Guard, plan::Pending, watched::Watched};
use crate::{observe::Failure, problem::Problem};

pin_project! {
    /// The future of [`Invalidating`](super::Invalidating).
    pub struct InvalidatingFuture<F, E> {
        #[pin]
        way: Way<F, E>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F, E> {
        // Nothing is declared here.
        Passed { #[pin] inner: Watched<F, E> },
        // Nobody is there to run it apart.
        Attached { answer: Pin<Box<dyn Future<Output = Result<Response, E>> + Send>> },
        Detached { answer: Awaited<E> },
    }
}

/// The answer of a handler that runs elsewhere.
struct Awaited<E> {
    answer: oneshot::Receiver<Result<Response, E>>,
    /// Until it is there.
    pending: Option<Arc<Pending>>,
}

impl<E> Drop for Awaited<E> {
    fn drop(&mut self) {
        // The client has left, or the time is up: the handler may have changed something already.
        if let Some(pending) = &self.pending {
            pending.invalidate_without_waiting();
        }
    }
}

impl<F, E> InvalidatingFuture<F, E> {
    pub(super) fn passed(inner: F, guard: Option<Guard>) -> Self {
        Self { way: Way::Passed { inner: Watched::new(inner, guard) } }
    }

    pub(super) fn attached(answer: impl Future<Output = Result<Response, E>> + Send + 'static) -> Self {
        Self { way: Way::Attached { answer: Box::pin(answer) } }
    }

    pub(super) fn detached(answer: oneshot::Receiver<Result<Response, E>>, pending: Arc<Pending>) -> Self {
        Self { way: Way::Detached { answer: Awaited { answer, pending: Some(pending) } } }
    }
}

impl<F, E> Future for InvalidatingFuture<F, E>
where
    F: Future<Output = Result<Response, E>>,
    E: Send + 'static,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Passed { inner } => inner.poll(cx),
            WayProjection::Attached { answer } => answer.as_mut().poll(cx),
            WayProjection::Detached { answer: awaited } => {
                let answer = ready!(Pin::new(&mut awaited.answer).poll(cx));
                awaited.pending = None;
                // Without an answer, its task has panicked, or its runtime is shutting down; it was made invalid then.
                Poll::Ready(answer.unwrap_or_else(|_| Ok(died())))
            }
        }
    }
}

fn died() -> Response {
    let mut response = Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    response.extensions_mut().insert(Failure::Panic);
    response
}

impl<F, E> fmt::Debug for InvalidatingFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidatingFuture").finish_non_exhaustive()
    }
}
