//! Selects how an argument is extracted, by its type, at compile time.
//!
//! Generated code calls `(&&&&&Extract::<T, S>::new()).from_parts(…)` with all traits of this module in scope. Method
//! lookup prefers the impl for the most references: those for `&&Extract<…>` (our own types) to the one for
//! `&Extract<T, S>` (types that describe themselves, such as axum's), and that to the one for `Extract<T, S>` (any
//! type). Those for more references tell a `Path<T>` with rules from one of a single value. Otherwise the lookup of our
//! own types depends only on the *shape* of the type. Its bounds are on the method, so that a type that does not meet
//! them causes one error that names the missing derive, and not "no such method". The state is a parameter too:
//! otherwise the compiler would infer it from an extractor such as `State<T>` and report the route's real state as the
//! mistake.

#![allow(clippy::result_large_err, reason = "rejections are responses, as in axum")]
#![allow(clippy::wrong_self_convention, reason = "`self` is a marker that only carries the type")]

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    str::FromStr,
    task::{self, Poll},
};

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use pin_project_lite::pin_project;
use serde::de::DeserializeOwned;

use super::{axum_rejection, form::Form, json::Json, path::Path, query::Query, validation::Validated};
use crate::{
    deps::{Dep, MissingDependency},
    route::{Context, Describe, ForeignRejection},
};

/// An argument of type `T` that is extracted with a state of type `S`.
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

/// Extracts dependencies, which come from the app even if the route has its own `state`.
pub trait FromDeps<S> {
    /// Type of the argument.
    type Value;
    /// Type of the dependency.
    type Content: ?Sized;

    /// Looks up the dependency.
    fn find(&self, context: &Context<S>) -> Result<Self::Value, Response>
    where
        Self::Content: Send + Sync + 'static;

    /// Extracts an argument that is not the last.
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

    /// Extracts the last argument.
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

impl<T: ?Sized, S> FromDeps<S> for &&Extract<Dep<T>, S> {
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

impl<T: ?Sized, S> FromDeps<S> for &&Extract<Option<Dep<T>>, S> {
    type Value = Option<Dep<T>>;
    type Content = T;

    fn find(&self, context: &Context<S>) -> Result<Option<Dep<T>>, Response>
    where
        T: Send + Sync + 'static,
    {
        Ok(context.deps.get())
    }
}

/// Our extractors that do not consume the body.
pub trait FromValidatedParts<S> {
    /// Type of the argument.
    type Value;
    /// Type that must be `Validated`.
    type Content;

    /// Extracts an argument that is not the last.
    fn from_parts(
        &self,
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Content: Validated + Send;

    /// Extracts the last argument.
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

impl<T, S: Sync> FromValidatedParts<S> for &&Extract<Query<T>, S> {
    type Value = Query<T>;
    type Content = T;

    async fn from_parts(&self, parts: &mut Parts, _: &Context<S>) -> Result<Query<T>, Response>
    where
        T: Validated + Send,
    {
        Query::extract(parts).map_err(IntoResponse::into_response)
    }
}

impl<T, S: Sync> FromValidatedParts<S> for &&Extract<Path<T>, S> {
    type Value = Path<T>;
    type Content = T;

    async fn from_parts(&self, parts: &mut Parts, _: &Context<S>) -> Result<Path<T>, Response>
    where
        T: Validated + Send,
    {
        Path::extract(parts).await.map_err(IntoResponse::into_response)
    }
}

/// `Path<T>` with rules is preferred to a `Path<T>` of a single value.
impl<T: Validated + Send, S: Sync> FromValidatedParts<S> for &&&&Extract<Path<T>, S> {
    type Value = Path<T>;
    type Content = T;

    async fn from_parts(&self, parts: &mut Parts, _: &Context<S>) -> Result<Path<T>, Response> {
        Path::extract(parts).await.map_err(IntoResponse::into_response)
    }
}

/// `Path<T>` of a single value without rules, such as `Path<u64>`.
pub trait FromPathValue<S> {
    /// Type of the argument.
    type Value;

    /// Extracts an argument that is not the last.
    fn from_parts(
        &self,
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send;

    /// Extracts the last argument.
    fn from_request(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self: Sync,
        S: Sync,
    {
        let (mut parts, _) = request.into_parts();
        async move { self.from_parts(&mut parts, context).await }
    }
}

impl<T: DeserializeOwned + FromStr + Send, S: Sync> FromPathValue<S> for &&&Extract<Path<T>, S> {
    type Value = Path<T>;

    async fn from_parts(&self, parts: &mut Parts, _: &Context<S>) -> Result<Path<T>, Response> {
        Path::extract_value(parts).await
    }
}

/// `Path<T>` of a tuple of values, such as `Path<(u64, Uuid)>`.
pub trait FromPathTuple<S> {
    /// Type of the argument.
    type Value;

    /// Extracts an argument that is not the last.
    fn from_parts(
        &self,
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send;

    /// Extracts the last argument.
    fn from_request(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self: Sync,
        S: Sync,
    {
        let (mut parts, _) = request.into_parts();
        async move { self.from_parts(&mut parts, context).await }
    }
}

macro_rules! path_tuples {
    ($(($($item:ident)*))*) => {$(
        impl<$($item: DeserializeOwned + Send,)* S: Sync> FromPathTuple<S> for &&&Extract<Path<($($item,)*)>, S> {
            type Value = Path<($($item,)*)>;

            async fn from_parts(&self, parts: &mut Parts, _: &Context<S>) -> Result<Self::Value, Response> {
                Path::extract_values(parts).await.map_err(IntoResponse::into_response)
            }
        }
    )*};
}

path_tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

/// Our extractors that consume the body.
pub trait FromValidatedBody<S> {
    /// Type of the argument.
    type Value;
    /// Type that must be `Validated`.
    type Content;

    /// Extracts the last argument.
    fn from_request(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<Self::Value, Response>> + Send
    where
        Self::Content: Validated + Send;
}

impl<T, S: Sync> FromValidatedBody<S> for &&Extract<Json<T>, S> {
    type Value = Json<T>;
    type Content = T;

    async fn from_request(&self, request: Request, _: &Context<S>) -> Result<Json<T>, Response>
    where
        T: Validated + Send,
    {
        Json::extract(request).await.map_err(IntoResponse::into_response)
    }
}

impl<T, S: Sync> FromValidatedBody<S> for &&Extract<Form<T>, S> {
    type Value = Form<T>;
    type Content = T;

    async fn from_request(&self, request: Request, _: &Context<S>) -> Result<Form<T>, Response>
    where
        T: Validated + Send,
    {
        Form::extract(request).await.map_err(IntoResponse::into_response)
    }
}

/// The bound of all other arguments: an axum extractor that does not consume the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a request",
    label = "not an extractor",
    note = "values added with `App::provide` are extracted as `Dep<{Self}>`",
    note = "name an argument like its placeholder, or use `Query<T>`, `Json<T>` or any axum extractor",
    note = "an extractor that takes the body, and so implements only `FromRequest`, must be the last argument"
)]
pub trait PartsExtractor<S>: FromRequestParts<S, Rejection: 'static> {}

impl<T: FromRequestParts<S, Rejection: 'static>, S> PartsExtractor<S> for T {}

/// The bound of the last argument: an axum extractor, which may consume the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a request",
    label = "not an extractor",
    note = "values added with `App::provide` are extracted as `Dep<{Self}>`",
    note = "name an argument like its placeholder, or use `Query<T>`, `Json<T>` or any axum extractor"
)]
pub trait LastExtractor<S, M>: FromRequest<S, M, Rejection: 'static> {}

impl<T: FromRequest<S, M, Rejection: 'static>, S, M> LastExtractor<S, M> for T {}

/// All other arguments: axum's extractors and those of the program.
pub trait FromAxum<T, S> {
    /// Whether the rejection belongs to the program, and is sent as it is.
    const IS_FOREIGN: bool;

    /// Extracts an argument that is not the last.
    fn from_parts(&self, parts: &mut Parts, context: &Context<S>) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: PartsExtractor<S>,
        S: Send + Sync,
    {
        Extraction {
            keep: Self::IS_FOREIGN && !context.problems_for_all,
            extraction: T::from_request_parts(parts, &context.state),
        }
    }

    /// Extracts the last argument, which may consume the body.
    fn from_request<M>(
        &self,
        request: Request,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: LastExtractor<S, M>,
        S: Send + Sync,
    {
        Extraction {
            keep: Self::IS_FOREIGN && !context.problems_for_all,
            extraction: T::from_request(request, &context.state),
        }
    }
}

/// A type that describes itself, such as axum's. Its plain-text rejections become problems.
impl<T: Describe, S> FromAxum<T, S> for &Extract<T, S> {
    const IS_FOREIGN: bool = false;
}

impl<T, S> FromAxum<T, S> for Extract<T, S> {
    const IS_FOREIGN: bool = true;
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
