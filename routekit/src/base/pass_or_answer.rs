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
        // Boxed, so that the future of a request that passes has no space for it.
        Answer { response: Option<Box<Response>> },
        // Boxed for the same reason.
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

    /// Waits for `decision`, then runs the future in its `Ok` or answers with its `Err`.
    pub(crate) fn decide(decision: impl Future<Output = Result<F, Response>> + Send + 'static) -> Self {
        Self::Decide { decision: Box::pin(decision) }
    }
}

impl<F, E> Future for PassOrAnswer<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                PassOrAnswerProjection::Pass { inner } => return inner.poll(cx),
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
