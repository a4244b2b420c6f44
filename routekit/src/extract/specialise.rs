//! Which way an argument is extracted, decided by its type while generated code compiles.
//!
//! Generated code calls `(&&Extract::<T, S>::new()).from_parts(…)` with all traits here in scope. Method lookup takes the
//! impls for `&Extract<…>` (our own types) before the one for `Extract<T, S>` (any type). The lookup is by the *shape*
//! of the type only; what it must satisfy stands on the method, so that a type that falls short is one error that says
//! what to derive, and not "no such method". The state is named too: left to inference, the compiler would guess it from
//! an extractor such as `State<T>` and then report the route's real state as the mistake.

#![allow(clippy::result_large_err, reason = "a refusal is a response, as everywhere in axum")]
#![allow(clippy::wrong_self_convention, reason = "`self` is a marker that only carries the type")]

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{self, Poll},
};

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use pin_project_lite::pin_project;

use super::{Form, Json, Path, Query, Validated};
use crate::{
    deps::{Dep, MissingDependency},
    route::Context,
};

/// An argument of type `T`, about to be extracted against a state of type `S`.
#[derive(Debug)]
pub struct Extract<T, S>(PhantomData<fn() -> (T, S)>);

impl<T, S> Extract<T, S> {
    /// Names the types.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Dependencies come from the app, also where a route has a `state` of its own.
pub trait FromDeps<S> {
    /// The argument.
    type Value;
    /// What threads share.
    type Content: ?Sized;

    /// Looks the dependency up.
    fn find(&self, context: &Context<S>) -> Result<Self::Value, Response>
    where
        Self::Content: Send + Sync + 'static;

    /// As an argument among others.
    fn from_parts(
        &self,
        _parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Value: Send,
        Self::Content: Send + Sync + 'static,
    {
        std::future::ready(self.find(context))
    }

    /// As the last argument.
    fn from_request(
        &self,
        _request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Value: Send,
        Self::Content: Send + Sync + 'static,
    {
        std::future::ready(self.find(context))
    }
}

impl<T: ?Sized, S> FromDeps<S> for &Extract<Dep<T>, S> {
    type Value = Dep<T>;
    type Content = T;

    fn find(&self, context: &Context<S>) -> Result<Dep<T>, Response>
    where
        T: Send + Sync + 'static,
    {
        let missing = || MissingDependency::new(std::any::type_name::<T>()).into_response();
        context.deps.get().ok_or_else(missing)
    }
}

impl<T: ?Sized, S> FromDeps<S> for &Extract<Option<Dep<T>>, S> {
    type Value = Option<Dep<T>>;
    type Content = T;

    fn find(&self, context: &Context<S>) -> Result<Option<Dep<T>>, Response>
    where
        T: Send + Sync + 'static,
    {
        Ok(context.deps.get())
    }
}

/// Our extractors that leave the body alone.
pub trait FromValidatedParts<S> {
    /// The argument.
    type Value;
    /// What must be `Validated`.
    type Content;

    /// As an argument among others.
    fn from_parts(
        &self,
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Content: Validated + Send;

    /// As the last argument.
    fn from_request(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self: Sync,
        Self::Content: Validated + Send,
        S: Sync,
    {
        let (mut parts, _) = request.into_parts();
        async move { self.from_parts(&mut parts, context).await }
    }
}

impl<T, S: Sync> FromValidatedParts<S> for &Extract<Query<T>, S> {
    type Value = Query<T>;
    type Content = T;

    async fn from_parts(&self, parts: &mut Parts, _: &Context<S>) -> Result<Query<T>, Response>
    where
        T: Validated + Send,
    {
        Query::extract(parts).map_err(IntoResponse::into_response)
    }
}

impl<T, S: Sync> FromValidatedParts<S> for &Extract<Path<T>, S> {
    type Value = Path<T>;
    type Content = T;

    async fn from_parts(&self, parts: &mut Parts, _: &Context<S>) -> Result<Path<T>, Response>
    where
        T: Validated + Send,
    {
        Path::extract(parts).await.map_err(IntoResponse::into_response)
    }
}

/// Our extractors that take the body.
pub trait FromValidatedBody<S> {
    /// The argument.
    type Value;
    /// What must be `Validated`.
    type Content;

    /// As the last argument.
    fn from_request(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Content: Validated + Send;
}

impl<T, S: Sync> FromValidatedBody<S> for &Extract<Json<T>, S> {
    type Value = Json<T>;
    type Content = T;

    async fn from_request(&self, request: Request, _: &Context<S>) -> Result<Json<T>, Response>
    where
        T: Validated + Send,
    {
        Json::extract(request).await.map_err(IntoResponse::into_response)
    }
}

impl<T, S: Sync> FromValidatedBody<S> for &Extract<Form<T>, S> {
    type Value = Form<T>;
    type Content = T;

    async fn from_request(&self, request: Request, _: &Context<S>) -> Result<Form<T>, Response>
    where
        T: Validated + Send,
    {
        Form::extract(request).await.map_err(IntoResponse::into_response)
    }
}

/// What any other argument must be: an axum extractor that leaves the body alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a request: it is no extractor",
    label = "no extractor",
    note = "what was given with `App::provide` is taken as `Dep<{Self}>`",
    note = "a placeholder is taken by an argument of its name; the rest by `Query<T>`, `Json<T>` or any axum extractor"
)]
pub trait PartsExtractor<S>: FromRequestParts<S> {}

impl<T: FromRequestParts<S>, S> PartsExtractor<S> for T {}

/// What the last argument must be: an axum extractor, which may take the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a request: it is no extractor",
    label = "no extractor",
    note = "what was given with `App::provide` is taken as `Dep<{Self}>`",
    note = "a placeholder is taken by an argument of its name; the rest by `Query<T>`, `Json<T>` or any axum extractor"
)]
pub trait LastExtractor<S, M>: FromRequest<S, M> {}

impl<T: FromRequest<S, M>, S, M> LastExtractor<S, M> for T {}

/// Any axum extractor, against the route's state.
pub trait FromAxum<T, S> {
    /// As an argument among others.
    fn from_parts(&self, parts: &mut Parts, context: &Context<S>) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: PartsExtractor<S>;

    /// As the last argument, which may take the body.
    fn from_request<M>(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: LastExtractor<S, M>;
}

impl<T, S: Send + Sync> FromAxum<T, S> for Extract<T, S> {
    fn from_parts(&self, parts: &mut Parts, context: &Context<S>) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: PartsExtractor<S>,
    {
        Refusing { extraction: T::from_request_parts(parts, &context.state) }
    }

    fn from_request<M>(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: LastExtractor<S, M>,
    {
        Refusing { extraction: T::from_request(request, &context.state) }
    }
}

pin_project! {
    /// An extractor's own future, and nothing more: an `async` block around it would hold the request a second time.
    struct Refusing<F> {
        #[pin]
        extraction: F,
    }
}

impl<F, T, R> Future for Refusing<F>
where
    F: Future<Output = Result<T, R>>,
    R: IntoResponse,
{
    type Output = Result<T, Response>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.project().extraction.poll(cx).map_err(IntoResponse::into_response)
    }
}
