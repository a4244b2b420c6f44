//! Arguments with the name of a placeholder.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use serde::de::DeserializeOwned;

use crate::extract::argument::{ByAxum, Source};

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
#[must_use]
#[expect(clippy::result_large_err, reason = "rejections are responses, as in axum")]
pub const fn placeholder<T: FromPlaceholder>(name: &'static str) -> Source<T> {
    Source::named(|head, _, name| head.placeholders()?.parse(name), name)
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
pub trait ParsedArgument<T> {
    /// Parses the placeholder `name`.
    fn named(&self, name: &'static str) -> Source<T>;
}

impl<T: DeserializeOwned, S> ParsedArgument<T> for &&PathArgument<T, S> {
    fn named(&self, name: &'static str) -> Source<T> {
        placeholder(name)
    }
}

/// An extractor that reads the placeholder itself.
pub trait ExtractedArgument<T> {
    /// Runs the extractor.
    fn named(&self, name: &'static str) -> ByAxum<T>;
}

impl<T: FromRequestParts<S, Rejection: 'static>, S> ExtractedArgument<T> for &PathArgument<T, S> {
    fn named(&self, _name: &'static str) -> ByAxum<T> {
        ByAxum::new(true)
    }
}

/// A type that is neither.
pub trait WrongArgument<T> {
    /// Does not compile.
    fn named(&self, name: &'static str) -> Source<T>
    where
        T: FromPlaceholder;
}

impl<T, S> WrongArgument<T> for PathArgument<T, S> {
    fn named(&self, name: &'static str) -> Source<T>
    where
        T: FromPlaceholder,
    {
        placeholder(name)
    }
}
