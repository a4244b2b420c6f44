//! Selects how an argument is extracted, by its type, at compile time.
//!
//! Generated code calls `Extract::<T, S>::new().argument()`, or `last_argument()`, with all traits of this module in
//! scope. The compiler looks for the method on these types; each dereferences to the next:
//!
//! 1. [`Extract`] has it for our own types, by their *shape*: `Json<T>` for any `T`. The bounds on `T` are on the
//!    method. So a type that does not meet them causes one error that names the missing derive.
//! 2. [`ExtractByAxum`] has it for axum's extractors and those of the program: a trait for the type itself if the
//!    extractor describes itself, and a trait for a reference to it if not.
//! 3. [`ExtractNothing`] has it for any other type, with the bound that is not met.
//!
//! On one type, the compiler prefers inherent methods to those of traits, and a trait for the type itself to one for a
//! reference. The state is a parameter too: otherwise the compiler would infer it from an extractor such as `State<T>`
//! and report the route's real state as the mistake.

use std::{marker::PhantomData, ops::Deref, str::FromStr};

use axum::{
    extract::{FromRequest, FromRequestParts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;

use super::{BodySource, ByAxum, LastByAxum, NotExtracted, Source};
use crate::{
    deps::{Dep, MissingDependency},
    extract::{
        form::{self, Form},
        json::{self, Json},
        path::Path,
        query::Query,
        validation::Validated,
    },
    route::Describe,
};

macro_rules! step {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $name<T, S>(PhantomData<fn() -> (T, S)>);

        // Not derived: they would be for `T: Copy` only.
        impl<T, S> Clone for $name<T, S> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T, S> Copy for $name<T, S> {}
    };
}

step! {
    /// An argument of type `T` that is extracted with a state of type `S`: our own types.
    Extract
}

step! {
    /// All other extractors.
    ExtractByAxum
}

step! {
    /// Types that are no extractors.
    ExtractNothing
}

impl<T, S> Extract<T, S> {
    /// Names the types.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T, S> Deref for Extract<T, S> {
    type Target = ExtractByAxum<T, S>;

    fn deref(&self) -> &ExtractByAxum<T, S> {
        &ExtractByAxum(PhantomData)
    }
}

impl<T, S> Deref for ExtractByAxum<T, S> {
    type Target = ExtractNothing<T, S>;

    fn deref(&self) -> &ExtractNothing<T, S> {
        &ExtractNothing(PhantomData)
    }
}

/// Both methods for an argument that is read from the head of the request.
macro_rules! from_head {
    ($value:ty where $($bounds:tt)*) => {
        /// Extracts it.
        #[must_use]
        pub const fn argument(self) -> Source<$value>
        where
            $($bounds)*
        {
            Self::source()
        }

        /// Extracts it as the last argument.
        #[must_use]
        pub const fn last_argument(self) -> Source<$value>
        where
            $($bounds)*
        {
            Self::source()
        }
    };
}

impl<T: ?Sized, S> Extract<Dep<T>, S> {
    from_head!(Dep<T> where T: Send + Sync + 'static);

    const fn source() -> Source<Dep<T>>
    where
        T: Send + Sync + 'static,
    {
        Source::new(|_, deps, _| {
            deps.get().ok_or_else(|| MissingDependency::new(std::any::type_name::<T>()).into_response())
        })
    }
}

impl<T: ?Sized, S> Extract<Option<Dep<T>>, S> {
    from_head!(Option<Dep<T>> where T: Send + Sync + 'static);

    const fn source() -> Source<Option<Dep<T>>>
    where
        T: Send + Sync + 'static,
    {
        Source::new(|_, deps, _| Ok(deps.get()))
    }
}

impl<T, S> Extract<Query<T>, S> {
    from_head!(Query<T> where T: Validated);

    const fn source() -> Source<Query<T>>
    where
        T: Validated,
    {
        Source::new(|head, _, _| Query::extract(&head.parts).map_err(IntoResponse::into_response))
    }
}

impl<T, S> Extract<Json<T>, S> {
    /// Extracts it as the last argument.
    #[must_use]
    pub const fn last_argument(self) -> BodySource<Json<T>>
    where
        T: Validated,
    {
        BodySource { accept: json::accept, parse: Json::parse }
    }
}

impl<T, S> Extract<Form<T>, S> {
    /// Extracts it as the last argument.
    #[must_use]
    pub const fn last_argument(self) -> BodySource<Form<T>>
    where
        T: Validated,
    {
        BodySource { accept: form::accept, parse: Form::parse }
    }
}

/// A `Path<T>` with rules.
pub trait PathWithRules<T>: Sized {
    /// Extracts it.
    fn argument(self) -> Source<Path<T>>;

    /// Extracts it as the last argument.
    fn last_argument(self) -> Source<Path<T>> {
        self.argument()
    }
}

impl<T: Validated, S> PathWithRules<T> for Extract<Path<T>, S> {
    fn argument(self) -> Source<Path<T>> {
        Source::new(|head, _, _| Path::extract(&mut head.parts).map_err(IntoResponse::into_response))
    }
}

/// A `Path<T>` of a single value without rules, such as `Path<u64>`.
pub trait PathOfOneValue<T>: Sized {
    /// Extracts it.
    fn argument(self) -> Source<Path<T>>;

    /// Extracts it as the last argument.
    fn last_argument(self) -> Source<Path<T>> {
        self.argument()
    }
}

impl<T: DeserializeOwned + FromStr, S> PathOfOneValue<T> for &Extract<Path<T>, S> {
    fn argument(self) -> Source<Path<T>> {
        Source::new(|head, _, _| head.placeholders()?.parse_only().map(Path))
    }
}

/// A `Path<T>` of a tuple of values, such as `Path<(u64, Uuid)>`.
pub trait PathOfValues<T>: Sized {
    /// Extracts it.
    fn argument(self) -> Source<Path<T>>;

    /// Extracts it as the last argument.
    fn last_argument(self) -> Source<Path<T>> {
        self.argument()
    }
}

macro_rules! tuples {
    ($(($($item:ident)*))*) => {$(
        impl<$($item: DeserializeOwned,)* S> PathOfValues<($($item,)*)> for &Extract<Path<($($item,)*)>, S> {
            fn argument(self) -> Source<Path<($($item,)*)>> {
                Source::new(|head, _, _| Path::extract_values(&mut head.parts).map_err(IntoResponse::into_response))
            }
        }
    )*};
}

tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

/// Any other `Path<T>` lacks rules.
impl<T, S> ExtractByAxum<Path<T>, S> {
    from_head!(Path<T> where T: Validated);

    const fn source() -> Source<Path<T>>
    where
        T: Validated,
    {
        Source::new(|head, _, _| Path::extract(&mut head.parts).map_err(IntoResponse::into_response))
    }
}

/// Extractors that describe themselves, such as axum's. Their plain-text rejections become problems.
pub trait Described<T> {
    /// Extracts it.
    fn argument(self) -> ByAxum<T>;
}

impl<T: Describe + FromRequestParts<S, Rejection: 'static>, S> Described<T> for ExtractByAxum<T, S> {
    fn argument(self) -> ByAxum<T> {
        ByAxum::new(false)
    }
}

/// Last arguments that describe themselves.
pub trait DescribedLast<T, M> {
    /// Extracts it as the last argument.
    fn last_argument(self) -> LastByAxum<T, M>;
}

impl<T: Describe + FromRequest<S, M, Rejection: 'static>, S, M> DescribedLast<T, M> for ExtractByAxum<T, S> {
    fn last_argument(self) -> LastByAxum<T, M> {
        LastByAxum::new(false)
    }
}

/// Extractors of the program. Their rejections belong to the program.
pub trait Foreign<T> {
    /// Extracts it.
    fn argument(self) -> ByAxum<T>;
}

impl<T: FromRequestParts<S, Rejection: 'static>, S> Foreign<T> for &ExtractByAxum<T, S> {
    fn argument(self) -> ByAxum<T> {
        ByAxum::new(true)
    }
}

/// Last arguments of the program.
pub trait ForeignLast<T, M> {
    /// Extracts it as the last argument.
    fn last_argument(self) -> LastByAxum<T, M>;
}

impl<T: FromRequest<S, M, Rejection: 'static>, S, M> ForeignLast<T, M> for &ExtractByAxum<T, S> {
    fn last_argument(self) -> LastByAxum<T, M> {
        LastByAxum::new(true)
    }
}

impl<T, S> ExtractNothing<T, S> {
    /// Does not compile.
    pub const fn argument(self) -> NotExtracted<T>
    where
        T: PartsExtractor<S>,
    {
        panic!("the type is an extractor")
    }

    /// Does not compile.
    pub const fn last_argument<M>(self) -> NotExtracted<T>
    where
        T: LastExtractor<S, M>,
    {
        panic!("the type is an extractor")
    }
}

/// The bound of an argument that is not the last: an axum extractor that does not consume the body.
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
