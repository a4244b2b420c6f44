//! Which way an argument is extracted, decided by its type while generated code compiles.
//!
//! Generated code calls `(&&Extract::<T>::new()).from_parts(…)` with all traits here in scope. Method lookup takes the
//! impls for `&Extract<…>` (our own types) before the one for `Extract<T>` (any type). The lookup is by the *shape* of
//! the type only; what it must satisfy stands on the method, so that a type that falls short is one error that says
//! what to derive, and not "no such method".

use std::{future::Future, marker::PhantomData};

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::request::Parts;

use super::{Form, Json, Path, Query, Validated};
use crate::{
    deps::{Dep, MissingDependency},
    problem::from_rejection,
    route::Context,
};

/// An argument of type `T`, about to be extracted.
#[derive(Debug)]
pub struct Extract<T>(PhantomData<fn() -> T>);

impl<T> Extract<T> {
    /// Names the type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Dependencies come from the app, also where a route has a `state` of its own.
pub trait FromDeps {
    /// The argument.
    type Value;

    /// Looks the dependency up.
    fn find<S>(&self, context: &Context<S>) -> Result<Self::Value, Response>;

    /// As an argument among others.
    fn from_parts<S>(
        &self,
        _parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Value: Send,
    {
        std::future::ready(self.find(context))
    }

    /// As the last argument.
    fn from_request<S>(
        &self,
        _parts: Parts,
        _body: Body,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Value: Send,
    {
        std::future::ready(self.find(context))
    }
}

impl<T: ?Sized + Send + Sync + 'static> FromDeps for &Extract<Dep<T>> {
    type Value = Dep<T>;

    fn find<S>(&self, context: &Context<S>) -> Result<Dep<T>, Response> {
        let missing = || MissingDependency::new(std::any::type_name::<T>()).into_response();
        context.deps.get().ok_or_else(missing)
    }
}

impl<T: ?Sized + Send + Sync + 'static> FromDeps for &Extract<Option<Dep<T>>> {
    type Value = Option<Dep<T>>;

    fn find<S>(&self, context: &Context<S>) -> Result<Option<Dep<T>>, Response> {
        Ok(context.deps.get())
    }
}

/// Our extractors that leave the body alone.
pub trait FromValidatedParts {
    /// The argument.
    type Value;
    /// What must be `Validated`.
    type Content;

    /// As an argument among others.
    fn from_parts<S: Sync>(
        &self,
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Content: Validated + Send;

    /// As the last argument.
    fn from_request<S: Sync>(
        &self,
        mut parts: Parts,
        _body: Body,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self: Sync,
        Self::Content: Validated + Send,
    {
        async move { self.from_parts(&mut parts, context).await }
    }
}

impl<T> FromValidatedParts for &Extract<Query<T>> {
    type Value = Query<T>;
    type Content = T;

    async fn from_parts<S: Sync>(&self, parts: &mut Parts, _: &Context<S>) -> Result<Query<T>, Response>
    where
        T: Validated + Send,
    {
        Query::extract(parts).map_err(IntoResponse::into_response)
    }
}

impl<T> FromValidatedParts for &Extract<Path<T>> {
    type Value = Path<T>;
    type Content = T;

    async fn from_parts<S: Sync>(&self, parts: &mut Parts, _: &Context<S>) -> Result<Path<T>, Response>
    where
        T: Validated + Send,
    {
        Path::extract(parts).await.map_err(IntoResponse::into_response)
    }
}

/// Our extractors that take the body.
pub trait FromValidatedBody {
    /// The argument.
    type Value;
    /// What must be `Validated`.
    type Content;

    /// As the last argument.
    fn from_request<S: Sync>(
        &self,
        parts: Parts,
        body: Body,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Content: Validated + Send;
}

impl<T> FromValidatedBody for &Extract<Json<T>> {
    type Value = Json<T>;
    type Content = T;

    async fn from_request<S: Sync>(&self, parts: Parts, body: Body, _: &Context<S>) -> Result<Json<T>, Response>
    where
        T: Validated + Send,
    {
        Json::extract(Request::from_parts(parts, body)).await.map_err(IntoResponse::into_response)
    }
}

impl<T> FromValidatedBody for &Extract<Form<T>> {
    type Value = Form<T>;
    type Content = T;

    async fn from_request<S: Sync>(&self, parts: Parts, body: Body, _: &Context<S>) -> Result<Form<T>, Response>
    where
        T: Validated + Send,
    {
        Form::extract(Request::from_parts(parts, body)).await.map_err(IntoResponse::into_response)
    }
}

/// Any axum extractor, against the route's state; its refusals become problems.
pub trait FromAxum<T> {
    /// As an argument among others.
    fn from_parts<S: Send + Sync>(
        &self,
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: FromRequestParts<S>;

    /// As the last argument, which may take the body.
    fn from_request<S: Send + Sync, M>(
        &self,
        parts: Parts,
        body: Body,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: FromRequest<S, M>;
}

impl<T> FromAxum<T> for Extract<T> {
    async fn from_parts<S: Send + Sync>(&self, parts: &mut Parts, context: &Context<S>) -> Result<T, Response>
    where
        T: FromRequestParts<S>,
    {
        let refusal = match T::from_request_parts(parts, &context.state).await {
            Ok(value) => return Ok(value),
            Err(rejection) => rejection.into_response(),
        };
        Err(from_rejection(refusal).await)
    }

    async fn from_request<S: Send + Sync, M>(
        &self,
        parts: Parts,
        body: Body,
        context: &Context<S>,
    ) -> Result<T, Response>
    where
        T: FromRequest<S, M>,
    {
        let refusal = match T::from_request(Request::from_parts(parts, body), &context.state).await {
            Ok(value) => return Ok(value),
            Err(rejection) => rejection.into_response(),
        };
        Err(from_rejection(refusal).await)
    }
}
