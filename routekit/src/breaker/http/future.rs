use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use super::{layer::Judge, upload::Upload};
use crate::{
    breaker::{Outcome, Permit, on_unwind::OnUnwind},
    observe::{Failure, FallbackResponse},
    route::EndpointFuture,
};

pin_project! {
    /// The future of [`HttpBreaker`](super::HttpBreaker).
    pub struct HttpBreakerFuture<F> {
        #[pin]
        way: Way<F>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F> {
        Calling {
            #[pin]
            inner: F,
            // Dropped with this future where the client leaves: neutral.
            judged: Option<(Permit, Judging)>,
        },
        StandingIn { fallback: EndpointFuture },
        Refused { response: Option<Box<Response>> },
    }
}

/// What is known of a call when its answer comes.
pub(super) struct Judging {
    pub(super) upload: Upload,
    pub(super) judge: Option<Judge>,
}

impl<F> HttpBreakerFuture<F> {
    pub(super) fn calling(inner: F, judged: Option<(Permit, Judging)>) -> Self {
        Self { way: Way::Calling { inner, judged } }
    }

    pub(super) fn standing_in(fallback: EndpointFuture) -> Self {
        Self { way: Way::StandingIn { fallback } }
    }

    pub(super) fn refused(response: Response) -> Self {
        Self { way: Way::Refused { response: Some(Box::new(response)) } }
    }
}

impl<F, E> Future for HttpBreakerFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Calling { inner, judged } => {
                let answer = ready!(OnUnwind::around(judged, || inner.poll(cx)));
                if let Some((permit, judging)) = judged.take() {
                    permit.settle(judging.outcome(&answer));
                }
                Poll::Ready(answer)
            }
            WayProjection::StandingIn { fallback } => {
                let Ok(mut response) = ready!(Pin::new(fallback).poll(cx));
                response.extensions_mut().insert(FallbackResponse);
                Poll::Ready(Ok(response))
            }
            WayProjection::Refused { response } => {
                Poll::Ready(Ok(*response.take().expect("a future is not polled after its end")))
            }
        }
    }
}

impl Judging {
    /// What the response says itself, else what is made of it.
    fn outcome<E>(&self, answer: &Result<Response, E>) -> Outcome {
        let Ok(response) = answer else { return Outcome::Failure };
        if let Some(outcome) = response.extensions().get::<Outcome>() {
            return *outcome;
        }
        if response.extensions().get() == Some(&Failure::Timeout) && self.upload.is_awaited() {
            return Outcome::Neutral;
        }
        match &self.judge {
            Some(judge) => judge(response),
            None if response.status().is_server_error() => Outcome::Failure,
            None => Outcome::Success,
        }
    }
}

impl<F> fmt::Debug for HttpBreakerFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBreakerFuture").finish_non_exhaustive()
    }
}
