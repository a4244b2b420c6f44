//! Tokens → spanned arguments.
//!
//! The attribute is first cut into options at its commas (`raw`), so that one malformed option does not hide another;
//! then each goes to the family that knows its name. A new family of options is a new file here with one [`Family`], a
//! line in [`FAMILIES`], and a field in [`Options`].

mod auth;
mod body_limit;
mod breaker;
mod cache;
mod concurrency;
mod deprecated;
mod docs;
mod invalidates;
mod layer;
mod literal;
mod path;
mod raw;
mod request_text;
mod slow;
mod state;
mod tag;
mod timeout;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

pub(crate) use self::{
    auth::Access,
    breaker::Breaker,
    cache::{Audience, Caching},
    deprecated::Deprecation,
    invalidates::Invalidates,
    path::{Placeholder, Template},
    raw::RawOption,
    tag::Tag,
};
use crate::{
    errors::{Errors, list, unknown},
    method::Method,
};

/// The arguments of one attribute.
pub(crate) struct Arguments {
    /// `None` if it was missing or wrong, which has been reported.
    pub(crate) method: Option<Method>,
    /// `None` if it was missing or wrong, which has been reported.
    pub(crate) path: Option<Template>,
    pub(crate) options: Options,
}

/// What the options said; a field for each.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) krate: Option<syn::Path>,
    pub(crate) access: Option<Access>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) slow_ms: Option<u64>,
    pub(crate) body_limit: Option<u64>,
    pub(crate) layer: Option<syn::Expr>,
    pub(crate) state: Option<syn::Type>,
    pub(crate) tags: Vec<syn::LitStr>,
    pub(crate) summary: Option<syn::LitStr>,
    pub(crate) operation_id: Option<syn::LitStr>,
    pub(crate) version: Option<syn::LitStr>,
    pub(crate) deprecation: Option<Deprecation>,
    pub(crate) caching: Option<Caching>,
    pub(crate) invalidates: Option<Invalidates>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) breaker: Option<Breaker>,
}

/// One family of options: the names it answers to, how it reads them, and what it adds to the route's policies.
pub(crate) struct Family {
    names: &'static [&'static str],
    parse: fn(&RawOption, &mut Options, &mut Errors),
    /// Calls of the runtime's `Policies`, such as `.body_limit(4096)`.
    policy: fn(&Options) -> Option<TokenStream>,
}

impl Options {
    /// What all families say of the route's policies.
    pub(crate) fn policies(&self) -> impl Iterator<Item = TokenStream> {
        FAMILIES.iter().filter_map(|family| (family.policy)(self))
    }

    /// All tags, of what is cached and of what becomes invalid.
    pub(crate) fn cache_tags(&self) -> impl Iterator<Item = &Tag> {
        let cached = self.caching.iter().flat_map(|caching| &caching.tags);
        cached.chain(self.invalidates.iter().flat_map(|invalidates| &invalidates.tags))
    }
}

const FAMILIES: &[Family] = &[
    auth::FAMILY,
    body_limit::FAMILY,
    breaker::FAMILY,
    cache::FAMILY,
    concurrency::FAMILY,
    deprecated::FAMILY,
    docs::FAMILY,
    invalidates::FAMILY,
    layer::FAMILY,
    slow::FAMILY,
    state::FAMILY,
    state::CRATE,
    timeout::FAMILY,
];

/// Reads the arguments of `#[route(METHOD, "PATH", OPTION…)]`, or of a short form that brings its method along.
pub(crate) fn attribute(short_form: Option<Method>, tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let pieces = raw::split(tokens);
    // `route("GET", "/users")`: the first string stands in the method's place.
    let quoted_method = pieces.len() > 1 && pieces[..2].iter().all(raw::Piece::is_string);
    let mut pieces = pieces.into_iter().peekable();
    let method = match short_form {
        Some(method) => Some(method),
        None => match pieces.next_if(|piece| quoted_method || !piece.is_string() && !piece.is_option()) {
            Some(piece) => method(&piece, errors),
            None => {
                let span = pieces.peek().map_or_else(Span::call_site, |piece| piece.span());
                errors.push(span, format!("the method is missing: one of {}", list(Method::NAMES)));
                None
            }
        },
    };
    // Anything that is no option stands in the path's place, and is reported as a path once, not as an option as well.
    let path = match pieces.next_if(|piece| !piece.is_option() && family(&piece.to_string()).is_none()) {
        Some(piece) => path::template(&piece, errors),
        None => {
            let span = pieces.peek().map_or_else(Span::call_site, |piece| piece.span());
            errors.push(span, "the path is missing: a string literal such as `\"/users/{id}\"`");
            None
        }
    };

    let mut options = Options::default();
    let mut once = raw::Once::default();
    for piece in pieces {
        let option = match piece.into_option() {
            Ok(option) => option,
            Err((span, message)) => {
                errors.push(span, message);
                continue;
            }
        };
        let Some(family) = family(&option.name) else {
            let mut names: Vec<&str> = FAMILIES.iter().flat_map(|family| family.names).copied().collect();
            names.sort_unstable();
            errors.push(option.span, unknown("option", &option.name, &names));
            continue;
        };
        if once.is_first(&option, errors) {
            (family.parse)(&option, &mut options, errors);
        }
    }
    Arguments { method, path, options }
}

fn method(piece: &raw::Piece, errors: &mut Errors) -> Option<Method> {
    let word = piece.to_string();
    let method = Method::from_word(&word);
    if method.is_none() {
        errors.push(piece.span(), unknown("method", word.trim_matches('"'), &Method::NAMES));
    }
    method
}

/// `.with_name(&["a", "b"])`, and nothing for an empty list.
fn strings_call<T: ToTokens>(name: &str, strings: &[T]) -> Option<TokenStream> {
    let name = format_ident!("with_{name}");
    (!strings.is_empty()).then(|| quote!(.#name(&[#(#strings),*])))
}

fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.names.contains(&name))
}
