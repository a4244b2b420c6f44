//! The future of a service that refuses some requests.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::response::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The inner service's future, or a response in its place.
    #[project = PassOrAnswerProjection]
    pub(crate) enum PassOrAnswer<F> {
        // The request passed.
        Pass { #[pin] inner: F },
        // In a box, so that requests that pass have no room for it.
        Answer { response: Option<Box<Response>> },
        // In a box for the same reason.
        Decide { decision: Pin<Box<dyn Future<Output = Result<F, Response>> + Send>> },
    }
}

impl<F> PassOrAnswer<F> {
    /// Runs the inner service.
    pub(crate) fn pass(inner: F) -> Self {
        Self::Pass { inner }
    }

    /// Answers with `response`.
    pub(crate) fn answer(response: Box<Response>) -> Self {
        Self::Answer { response: Some(response) }
    }

    /// Waits for `decision`, then runs its `Ok` or answers with its `Err`.
    pub(crate) fn decide(decision: impl Future<Output = Result<F, Response>> + Send + 'static) -> Self {
        Self::Decide { decision: Box::pin(decision) }
    }
}

impl<F> PassOrAnswer<F> {
    /// Polls the inner service's future with `poll`, or answers.
    pub(crate) fn poll_with<E>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut F>, &mut Context<'_>) -> Poll<Result<Response, E>>,
    ) -> Poll<Result<Response, E>> {
        loop {
            match self.as_mut().project() {
                PassOrAnswerProjection::Pass { inner } => return poll(inner, cx),
                PassOrAnswerProjection::Answer { response } => {
                    return Poll::Ready(Ok(*response.take().expect("a future is not polled after its end")));
                }
                PassOrAnswerProjection::Decide { decision } => match ready!(decision.as_mut().poll(cx)) {
                    Ok(inner) => self.set(Self::Pass { inner }),
                    Err(response) => return Poll::Ready(Ok(response)),
                },
            }
        }
    }
}

impl<F, E> Future for PassOrAnswer<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_with(cx, F::poll)
    }
}
