//! The macros of `routekit`. Their documentation for users is on the re-exports in that crate, where examples compile.
//!
//! An attribute goes through three phases, each a type: `parse` turns tokens into spanned arguments, `model` turns
//! arguments and a signature into a checked route, and `expand` turns that into tokens and cannot fail.
//! Mistakes are collected (`errors`), so that all of them are reported at once.

mod arguments;
mod errors;
mod expand;
mod fallback;
#[cfg(test)]
mod fuzz;
mod group;
mod handler;
mod method;
mod model;
mod parse;
mod route;
mod types;
mod validate;

use proc_macro::TokenStream;

/// Declares a route. See `routekit::route`.
#[proc_macro_attribute]
pub fn route(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(None, args.into(), item.into()).into()
}

/// `#[route(get, …)]`.
#[proc_macro_attribute]
pub fn get(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Get), args.into(), item.into()).into()
}

/// `#[route(post, …)]`.
#[proc_macro_attribute]
pub fn post(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Post), args.into(), item.into()).into()
}

/// `#[route(put, …)]`.
#[proc_macro_attribute]
pub fn put(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Put), args.into(), item.into()).into()
}

/// `#[route(patch, …)]`.
#[proc_macro_attribute]
pub fn patch(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Patch), args.into(), item.into()).into()
}

/// `#[route(delete, …)]`.
#[proc_macro_attribute]
pub fn delete(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Delete), args.into(), item.into()).into()
}

/// `#[route(head, …)]`.
#[proc_macro_attribute]
pub fn head(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Head), args.into(), item.into()).into()
}

/// `#[route(options, …)]`.
#[proc_macro_attribute]
pub fn options(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Options), args.into(), item.into()).into()
}

/// `#[route(any, …)]`.
#[proc_macro_attribute]
pub fn any(args: TokenStream, item: TokenStream) -> TokenStream {
    route::expand(Some(method::Method::Any), args.into(), item.into()).into()
}

/// Declares the defaults of all routes of a module. See `routekit::group`.
#[proc_macro]
pub fn group(arguments: TokenStream) -> TokenStream {
    group::expand(arguments.into()).into()
}

/// Emits what a route attribute has put into `#[routekit_route(…)]`. For generated code only: so an attribute emits one
/// item beside the handler, and one error if it stands where items are not allowed, such as in an `impl`.
#[proc_macro_derive(RouteOfHandler, attributes(routekit_route))]
pub fn route_of_handler(item: TokenStream) -> TokenStream {
    expand::route_of_handler(item.into()).into()
}

/// Derives `validator::Validate` with the names that serde uses. See `routekit::Validate`.
#[proc_macro_derive(Validate, attributes(validate, serde))]
pub fn validate(item: TokenStream) -> TokenStream {
    validate::expand(item.into()).into()
}
