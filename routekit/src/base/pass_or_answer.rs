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
        Wait { decision: Pin<Box<dyn Future<Output = PassOrAnswer<F>> + Send>> },
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
        Self::wait(async move {
            match decision.await {
                Ok(inner) => Self::pass(inner),
                Err(refusal) => Self::answer(Box::new(refusal)),
            }
        })
    }

    /// Waits for `decision`.
    pub(crate) fn wait(decision: impl Future<Output = Self> + Send + 'static) -> Self {
        Self::Wait { decision: Box::pin(decision) }
    }

    /// The inner future once the request has passed, or else the response.
    #[inline(always)]
    pub(crate) fn poll_passed(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Pin<&mut F>, Response>> {
        while let PassOrAnswerProjection::Wait { decision } = self.as_mut().project() {
            let decided = ready!(decision.as_mut().poll(cx));
            self.set(decided);
        }
        Poll::Ready(match self.project() {
            PassOrAnswerProjection::Pass { inner } => Ok(inner),
            PassOrAnswerProjection::Answer { response } => {
                Err(*response.take().expect("a future is not polled after its end"))
            }
            PassOrAnswerProjection::Wait { .. } => return Poll::Pending,
        })
    }
}

impl<F, E> Future for PassOrAnswer<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match ready!(self.poll_passed(cx)) {
            Ok(inner) => inner.poll(cx),
            Err(response) => Poll::Ready(Ok(response)),
        }
    }
}
