//! Arguments that axum's traits extract.

use std::{
    convert::Infallible,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{self, Poll},
};

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts},
    response::{IntoResponse, Response},
};
use pin_project_lite::pin_project;

use super::{Argument, Head, LastArgument};
use crate::{
    extract::axum_rejection,
    route::{Context, ForeignRejection},
};

/// An extractor that leaves the body alone.
#[derive(Debug)]
pub struct ByAxum<T> {
    is_foreign: bool,
    ty: PhantomData<fn() -> T>,
}

/// An extractor that may consume the body.
#[derive(Debug)]
pub struct LastByAxum<T, M> {
    is_foreign: bool,
    ty: PhantomData<fn() -> (T, M)>,
}

impl<T> ByAxum<T> {
    /// The rejection of a foreign extractor belongs to the program, and is sent as it is.
    pub(crate) const fn new(is_foreign: bool) -> Self {
        Self { is_foreign, ty: PhantomData }
    }
}

impl<T, M> LastByAxum<T, M> {
    pub(super) const fn new(is_foreign: bool) -> Self {
        Self { is_foreign, ty: PhantomData }
    }
}

impl<T, S> Argument<S> for ByAxum<T>
where
    T: FromRequestParts<S, Rejection: 'static> + Send,
    S: Send + Sync,
{
    type Value = T;

    fn extract(self, head: &mut Head, context: &Context<S>) -> impl Future<Output = Result<T, Response>> + Send {
        Extraction {
            extraction: T::from_request_parts(&mut head.parts, &context.state),
            keep: self.is_foreign && !context.problems_for_all,
        }
    }
}

impl<T, S, M> LastArgument<S> for LastByAxum<T, M>
where
    T: FromRequest<S, M, Rejection: 'static> + Send,
    S: Send + Sync,
{
    type Value = T;

    fn extract_last(
        self,
        head: Head,
        body: Body,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send {
        Extraction {
            extraction: T::from_request(head.into_request(body), &context.state),
            keep: self.is_foreign && !context.problems_for_all,
        }
    }
}

/// A type that is no extractor. The method that would create it does not compile; this type meets every bound, so that
/// nothing else is reported.
#[derive(Debug)]
pub struct NotExtracted<T> {
    never: Infallible,
    ty: PhantomData<fn() -> T>,
}

impl<T: Send, S: Sync> Argument<S> for NotExtracted<T> {
    type Value = T;

    async fn extract(self, _: &mut Head, _: &Context<S>) -> Result<T, Response> {
        match self.never {}
    }
}

impl<T: Send, S: Sync> LastArgument<S> for NotExtracted<T> {
    type Value = T;

    async fn extract_last(self, _: Head, _: Body, _: &Context<S>) -> Result<T, Response> {
        match self.never {}
    }
}

pin_project! {
    /// A future that converts an extractor's rejection. Unlike an `async` block, it does not hold the request twice.
    struct Extraction<F> {
        #[pin]
        extraction: F,
        keep: bool,
    }
}

impl<F, T, R> Future for Extraction<F>
where
    F: Future<Output = Result<T, R>>,
    R: IntoResponse + 'static,
{
    type Output = Result<T, Response>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let keep = *this.keep;
        this.extraction.poll(cx).map_err(|rejection| {
            if !keep && let Some(problem) = axum_rejection::problem(&rejection) {
                return problem.into_response();
            }
            let mut rejection = rejection.into_response();
            // The text of a 5xx may name internals: it is logged, and the client receives a problem.
            if keep && !rejection.status().is_server_error() {
                rejection.extensions_mut().insert(ForeignRejection);
            }
            rejection
        })
    }
}
