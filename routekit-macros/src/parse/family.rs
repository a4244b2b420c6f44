//! What all families of options have in common.

use proc_macro2::TokenStream;
use syn::Type;

use super::{path::Placeholder, raw::RawOption};
use crate::{errors::Errors, method::Method};

/// A family of options: reads the options of its names, checks them against the rest of the route, and contributes to
/// the route's policies.
pub(crate) trait Family {
    /// The options that belong to the family.
    fn names(&self) -> &'static [&'static str];

    /// Whether an option may be given several times.
    fn repeats(&self) -> bool {
        false
    }

    /// Reads one of the options. Each is given once, unless the family [repeats](Self::repeats).
    fn parse(&mut self, option: &RawOption, errors: &mut Errors);

    /// Reports contradictions with the rest of the route.
    fn check(&self, _route: &Surroundings<'_>, _errors: &mut Errors) {}

    /// Calls of the runtime's `Policies`, such as `.with_body_limit(4096)`. `state` is the type of `state = Type`.
    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        None
    }
}

/// What a family is checked against.
pub(crate) struct Surroundings<'a> {
    /// `None` if it could not be read.
    pub(crate) method: Option<Method>,
    /// `None` if the path could not be read.
    pub(crate) placeholders: Option<&'a [Placeholder]>,
    /// The types of the handler's arguments.
    pub(crate) arguments: Vec<&'a Type>,
    /// The type that the handler returns; `None` if it has no name.
    pub(crate) output: Option<&'a Type>,
    /// `None` if the route does not say who may call it.
    pub(crate) callers: Option<Callers>,
}

/// Who may call a route, without the grants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callers {
    /// `public`
    Anyone,
    /// `auth(optional)`
    AnyoneWithValidCredentials,
    /// `auth`
    Identified,
}
