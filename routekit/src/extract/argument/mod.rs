//! How the arguments of a handler are extracted.
//!
//! Generated code lists where each argument comes from, and [`specialise`] selects that by the argument's type. The
//! future that runs the extractors is made here, once for each list of types. So a route needs no `async` block of its
//! own; to check a thousand of them takes longer than everything else in their crate.
//!
//! A list is nested pairs that end with `()`. An argument with a `#[cfg]` is a tuple of one, which may be empty.

#![allow(clippy::result_large_err, reason = "rejections are responses, as in axum")]

mod body;
mod by_axum;
mod head;
mod source;
pub(crate) mod specialise;
pub(crate) mod spelled;

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};

pub(crate) use self::{
    body::BodySource,
    by_axum::{ByAxum, LastByAxum, NotExtracted},
    head::Head,
    source::Source,
};
use crate::route::Context;

/// All arguments of a handler: `()`, or the list of those that leave the body alone and the last one.
pub trait Arguments<S>: Send {
    /// The values of the list, and of the last argument.
    type Values: Send;

    /// Extracts them. `Err` is the response of the first rejection.
    fn extract_all(
        self,
        request: Request,
        context: Arc<Context<S>>,
    ) -> impl Future<Output = Result<Self::Values, Response>> + Send + 'static;
}

impl<S> Arguments<S> for () {
    type Values = ();

    fn extract_all(
        self,
        _: Request,
        _: Arc<Context<S>>,
    ) -> impl Future<Output = Result<(), Response>> + Send + 'static {
        std::future::ready(Ok(()))
    }
}

impl<A, L, S> Arguments<S> for (A, L)
where
    A: Argument<S> + 'static,
    L: LastArgument<S> + 'static,
    S: Send + Sync + 'static,
{
    type Values = (A::Value, L::Value);

    fn extract_all(
        self,
        request: Request,
        context: Arc<Context<S>>,
    ) -> impl Future<Output = Result<Self::Values, Response>> + Send + 'static {
        let (parts, body) = request.into_parts();
        let mut head = Head::new(parts);
        // Not an `async fn`, which would hold its parameters twice.
        async move {
            let values = self.0.extract(&mut head, &context).await?;
            let last = self.1.extract_last(head, body, &context).await?;
            Ok((values, last))
        }
    }
}

/// An argument, or a list of arguments, that leaves the body alone.
pub trait Argument<S>: Send {
    /// The value, or the values.
    type Value: Send;

    /// Extracts it. `Err` is the response of the rejection.
    fn extract(
        self,
        head: &mut Head,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send;
}

/// The last argument, which may consume the body.
pub trait LastArgument<S>: Send {
    /// The value.
    type Value: Send;

    /// Extracts it. `Err` is the response of the rejection.
    fn extract_last(
        self,
        head: Head,
        body: Body,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send;
}

/// The end of a list.
impl<S: Sync> Argument<S> for () {
    type Value = ();

    fn extract(self, _: &mut Head, _: &Context<S>) -> impl Future<Output = Result<(), Response>> + Send {
        std::future::ready(Ok(()))
    }
}

/// An argument with a `#[cfg]`.
impl<A: Argument<S>, S: Sync> Argument<S> for (A,) {
    type Value = (A::Value,);

    async fn extract(self, head: &mut Head, context: &Context<S>) -> Result<(A::Value,), Response> {
        Ok((self.0.extract(head, context).await?,))
    }
}

/// An argument, and the rest of the list.
impl<A: Argument<S>, B: Argument<S>, S: Sync> Argument<S> for (A, B) {
    type Value = (A::Value, B::Value);

    async fn extract(self, head: &mut Head, context: &Context<S>) -> Result<Self::Value, Response> {
        let first = self.0.extract(head, context).await?;
        let rest = self.1.extract(head, context).await?;
        Ok((first, rest))
    }
}

/// A handler that takes no body.
impl<S: Sync> LastArgument<S> for () {
    type Value = ();

    fn extract_last(self, _: Head, _: Body, _: &Context<S>) -> impl Future<Output = Result<(), Response>> + Send {
        std::future::ready(Ok(()))
    }
}

/// A last argument with a `#[cfg]`.
impl<A: LastArgument<S>, S: Sync> LastArgument<S> for (A,) {
    type Value = (A::Value,);

    async fn extract_last(self, head: Head, body: Body, context: &Context<S>) -> Result<(A::Value,), Response> {
        Ok((self.0.extract_last(head, body, context).await?,))
    }
}
