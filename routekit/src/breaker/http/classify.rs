//! The outcome of a call, by its response.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use super::upload::Upload;
use crate::{
    breaker::{Outcome, Permit, on_unwind::OnUnwind},
    observe::Failure,
    route::HandlerReached,
};

/// A function that classifies responses without an [`Outcome`] in their extensions.
pub(super) type Classifier = Arc<dyn Fn(&Response) -> Outcome + Send + Sync>;

/// The classification of one call.
pub(crate) struct Classification {
    pub(super) upload: Upload,
    /// `None` if only the handler can answer.
    pub(super) reached: Option<HandlerReached>,
    pub(super) classify: Option<Classifier>,
}

/// A call that a breaker has admitted. Dropped early, it is neutral.
pub(crate) type AdmittedCall = (Permit, Classification);

impl Classification {
    /// The outcome in the response's extensions, or else the outcome of its status.
    fn outcome<E>(&self, result: &Result<Response, E>) -> Outcome {
        let Ok(response) = result else { return Outcome::Failure };
        if let Some(outcome) = response.extensions().get::<Outcome>() {
            return *outcome;
        }
        if response.extensions().get() == Some(&Failure::Timeout) && self.upload.is_awaited() {
            return Outcome::Neutral;
        }
        if !response.status().is_server_error() && self.reached.as_ref().is_some_and(|handler| !handler.is_reached()) {
            return Outcome::Neutral;
        }
        match &self.classify {
            Some(classify) => classify(response),
            None if response.status().is_server_error() => Outcome::Failure,
            None => Outcome::Success,
        }
    }
}

pin_project! {
    /// A call that reports its outcome to its breaker, if it has one.
    pub(super) struct ClassifiedCall<F> {
        #[pin]
        inner: F,
        call: Option<AdmittedCall>,
    }
}

impl<F> ClassifiedCall<F> {
    pub(super) fn new(inner: F, call: Option<AdmittedCall>) -> Self {
        Self { inner, call }
    }
}

impl<F, E> Future for ClassifiedCall<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = OnUnwind::around(this.call, || this.inner.poll(cx));
        settle(this.call, &polled);
        polled
    }
}

/// Guards a call, if there is one, while it runs: a panic is a failure, and the same breaker within it does not count.
#[must_use]
pub(crate) fn guard(call: &mut Option<AdmittedCall>) -> impl Drop {
    OnUnwind::guard(call)
}

/// Tells the breaker of a call, if it has one, how it ended.
pub(crate) fn settle<E>(call: &mut Option<AdmittedCall>, polled: &Poll<Result<Response, E>>) {
    if let Poll::Ready(result) = polled
        && let Some((permit, classification)) = call.take()
    {
        permit.settle(classification.outcome(result));
    }
}
