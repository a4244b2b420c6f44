//! Arguments that are read at once: dependencies, queries, paths and placeholders.

use axum::{body::Body, response::Response};

use super::{Argument, Head, LastArgument};
use crate::{deps::Deps, route::Context};

/// An argument that a function reads from the head of the request, or from the app.
///
/// The function is selected where the bounds on `T` hold. So a type that does not meet them is reported once, there,
/// and not again where the arguments are extracted.
#[derive(Debug)]
pub struct Source<T> {
    read: fn(&mut Head, &Deps, &'static str) -> Result<T, Response>,
    /// The name of the placeholder, if it is one.
    name: &'static str,
}

impl<T> Source<T> {
    pub(crate) const fn new(read: fn(&mut Head, &Deps, &'static str) -> Result<T, Response>) -> Self {
        Self::named(read, "")
    }

    pub(crate) const fn named(
        read: fn(&mut Head, &Deps, &'static str) -> Result<T, Response>,
        name: &'static str,
    ) -> Self {
        Self { read, name }
    }

    fn read(&self, head: &mut Head, deps: &Deps) -> Result<T, Response> {
        (self.read)(head, deps, self.name)
    }
}

impl<T: Send, S: Sync> Argument<S> for Source<T> {
    type Value = T;

    fn extract(self, head: &mut Head, context: &Context<S>) -> impl Future<Output = Result<T, Response>> + Send {
        std::future::ready(self.read(head, &context.deps))
    }
}

impl<T: Send, S: Sync> LastArgument<S> for Source<T> {
    type Value = T;

    fn extract_last(
        self,
        mut head: Head,
        _: Body,
        context: &Context<S>,
    ) -> impl Future<Output = Result<T, Response>> + Send {
        std::future::ready(self.read(&mut head, &context.deps))
    }
}
