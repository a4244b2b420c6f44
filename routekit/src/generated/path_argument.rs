//! Arguments with the name of a placeholder.

use std::marker::PhantomData;

use axum::{extract::FromRequestParts, response::Response};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{
    extract::{
        placeholder::Placeholders,
        specialise::{Extract, FromAxum},
    },
    route::Context,
};

/// An argument with the name of a placeholder.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be parsed from a placeholder: it does not implement `Deserialize`",
    label = "does not implement `Deserialize`",
    note = "an argument with the name of a placeholder is parsed from it, if its type derives `Deserialize`; or it is \
            an extractor that reads the path, if its type implements axum's `FromRequestParts` for the route's \
            state"
)]
pub trait FromPlaceholder: DeserializeOwned {}

impl<T: DeserializeOwned> FromPlaceholder for T {}

/// Parses the placeholder `name`.
#[expect(clippy::result_large_err, reason = "a refusal is a response, as in axum")]
pub fn parse<T: FromPlaceholder>(placeholders: &Placeholders, name: &'static str) -> Result<T, Response> {
    placeholders.parse(name)
}

/// An argument with the name of a placeholder, of a type that the macro does not know by its name. Method lookup
/// selects the first trait whose bounds hold: [`ParsedArgument`], [`ExtractedArgument`], or [`WrongArgument`], whose
/// method reports the type.
#[derive(Debug)]
pub struct PathArgument<T, S>(PhantomData<fn() -> (T, S)>);

impl<T, S> PathArgument<T, S> {
    /// Names the types.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// An argument that is parsed from the placeholder.
pub trait ParsedArgument<T, S> {
    /// Parses the placeholder `name`.
    fn take(
        &self,
        placeholder: (&Placeholders, &'static str),
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send;
}

impl<T: DeserializeOwned + Send, S> ParsedArgument<T, S> for &&PathArgument<T, S> {
    fn take(
        &self,
        (placeholders, name): (&Placeholders, &'static str),
        _parts: &mut Parts,
        _context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send {
        std::future::ready(placeholders.parse(name))
    }
}

/// An extractor that reads the placeholder itself.
pub trait ExtractedArgument<T, S> {
    /// Runs the extractor.
    fn take(
        &self,
        placeholder: (&Placeholders, &'static str),
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send;
}

impl<T: FromRequestParts<S, Rejection: 'static>, S: Send + Sync> ExtractedArgument<T, S> for &PathArgument<T, S> {
    fn take(
        &self,
        _placeholder: (&Placeholders, &'static str),
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send {
        let extract = Extract::<T, S>::new();
        async move { FromAxum::from_parts(&extract, parts, context).await }
    }
}

/// A type that is neither.
pub trait WrongArgument<T, S> {
    /// Does not compile.
    fn take(
        &self,
        placeholder: (&Placeholders, &'static str),
        parts: &mut Parts,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: FromPlaceholder + Send;
}

impl<T, S> WrongArgument<T, S> for PathArgument<T, S> {
    fn take(
        &self,
        (placeholders, name): (&Placeholders, &'static str),
        _parts: &mut Parts,
        _context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send
    where
        T: FromPlaceholder + Send,
    {
        std::future::ready(parse(placeholders, name))
    }
}
