//! The outcome of a call, by its response.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::response::{IntoResponse, Response};
use pin_project_lite::pin_project;

use super::{fallbacks::ErrorFallback, upload::Upload};
use crate::{
    breaker::{Outcome, Permit, on_unwind::OnUnwind},
    observe::Failure,
    route::{EndpointFuture, HandlerReached},
};

/// A function that classifies responses without an [`Outcome`] in their extensions.
pub(super) type Classifier = Arc<dyn Fn(&Response) -> Outcome + Send + Sync>;

/// The classification of one call.
pub(crate) struct Classification {
    pub(super) upload: Upload,
    /// `None` if only the handler can answer.
    pub(super) reached: Option<HandlerReached>,
    pub(super) classify: Option<Classifier>,
    /// Answers in place of a failed call.
    pub(super) on_error: Option<Box<ErrorFallback>>,
}

/// A call that a breaker has admitted. Dropped early, it is neutral.
///
/// Boxed, so that requests without a breaker have no space for it.
pub(crate) type AdmittedCall = (Permit, Box<Classification>);

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
        // Answers in place of the call, which has failed.
        fallback: Option<EndpointFuture>,
    }
}

impl<F> ClassifiedCall<F> {
    pub(super) fn new(inner: F, call: Option<AdmittedCall>) -> Self {
        Self { inner, call, fallback: None }
    }
}

impl<F, E> Future for ClassifiedCall<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.fallback.is_none() {
            let polled = OnUnwind::around(this.call, || this.inner.poll(cx));
            *this.fallback = settle(this.call, &polled);
            if this.fallback.is_none() {
                return polled;
            }
        }
        poll_fallback(this.fallback, cx)
    }
}

/// Enters a call, if there is one, while it is started: the same breaker within it does not count.
#[must_use]
#[inline]
pub(crate) fn enter(call: Option<&AdmittedCall>) -> Option<impl Drop + use<>> {
    call.and_then(|(permit, _)| permit.enter())
}

/// Guards a call, if there is one, while it runs: a panic is a failure, and the same breaker within it does not count.
#[must_use]
#[inline]
pub(crate) fn guard(call: &mut Option<AdmittedCall>) -> impl Drop {
    OnUnwind::guard(call)
}

/// Tells the breaker of a call, if it has one, how it ended. Returns the response of a fallback in place of a failed
/// call.
#[must_use]
#[inline]
pub(crate) fn settle<E>(call: &mut Option<AdmittedCall>, polled: &Poll<Result<Response, E>>) -> Option<EndpointFuture> {
    let Poll::Ready(result) = polled else { return None };
    let (mut permit, classification) = call.take()?;
    let failed = |response: &Response| response.status().is_client_error() || response.status().is_server_error();
    if let Some(open) = classification.upload.refusal().filter(|_| result.as_ref().map_or(true, failed)) {
        permit.settle(Outcome::Neutral);
        return Some(EndpointFuture::new(async move { Ok(open.into_response()) }));
    }
    let outcome = classification.outcome(result);
    classification.upload.subtract_from(&mut permit);
    permit.settle(outcome);
    classification.on_error.filter(|_| outcome == Outcome::Failure).map(|fallback| fallback.answer())
}

/// Polls the response of a fallback.
#[cold]
fn poll_fallback<E>(fallback: &mut Option<EndpointFuture>, cx: &mut Context<'_>) -> Poll<Result<Response, E>> {
    let Some(fallback) = fallback else { return Poll::Pending };
    let Ok(response) = ready!(Pin::new(fallback).poll(cx));
    Poll::Ready(Ok(response))
}
