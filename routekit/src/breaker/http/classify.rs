//! The outcome of a call, by its response.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::response::Response;
use pin_project_lite::pin_project;

use super::upload::Upload;
use crate::{
    breaker::{Outcome, Permit, on_unwind::OnUnwind},
    observe::Failure,
};

/// A function that classifies responses without an [`Outcome`] in their extensions.
pub(super) type Classifier = Arc<dyn Fn(&Response) -> Outcome + Send + Sync>;

/// The classification of one call.
pub(crate) struct Classification {
    pub(super) upload: Upload,
    pub(super) classify: Option<Classifier>,
}

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
        match &self.classify {
            Some(classify) => classify(response),
            None if response.status().is_server_error() => Outcome::Failure,
            None => Outcome::Success,
        }
    }
}

pin_project! {
    /// A call that reports its outcome to its breaker, if it has one. Dropped early, it is neutral.
    pub(crate) struct ClassifiedCall<F> {
        #[pin]
        inner: F,
        call: Option<(Permit, Classification)>,
    }
}

impl<F> ClassifiedCall<F> {
    pub(crate) fn new(inner: F, call: Option<(Permit, Classification)>) -> Self {
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
        let result = ready!(OnUnwind::around(this.call, || this.inner.poll(cx)));
        if let Some((permit, classification)) = this.call.take() {
            permit.settle(classification.outcome(&result));
        }
        Poll::Ready(result)
    }
}
