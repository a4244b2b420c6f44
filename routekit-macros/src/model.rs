//! Arguments + signature → a checked route.

use proc_macro2::Span;
use syn::{ReturnType, Type, spanned::Spanned};

use crate::{
    arguments::{Argument, check_bodies, check_placeholders, classify},
    errors::Errors,
    handler::Handler,
    method::Method,
    parse::{Arguments, Options, Surroundings, Template},
    types::find_impl_trait,
};

/// A route in which a macro finds no mistake.
pub(crate) struct Route<'a> {
    pub(crate) method: Method,
    pub(crate) path: Template,
    pub(crate) options: Options,
    pub(crate) arguments: Vec<Argument<'a>>,
    pub(crate) output: Output<'a>,
}

/// What the handler returns.
pub(crate) enum Output<'a> {
    /// Nothing: a 200 without content.
    Unit,
    /// A type that can be named.
    Named(&'a Type),
    /// `impl IntoResponse`: nothing more is known.
    Opaque(Span),
}

impl<'a> Route<'a> {
    /// The checked route. `None` if its method or its path was missing, which has been reported.
    pub(crate) fn check(attribute: Arguments, handler: &'a Handler, errors: &mut Errors) -> Option<Self> {
        let Arguments { method, path, options } = attribute;
        let placeholders = path.as_ref().map(|path| path.placeholders.as_slice());
        let arguments = classify(handler, path.as_ref(), errors);
        check_bodies(&arguments, method, errors);
        if let Some(placeholders) = placeholders {
            check_placeholders(&arguments, placeholders, errors);
        }
        let types = arguments.iter().map(|argument| argument.ty).collect();
        let callers = options.callers();
        let output = output(&handler.sig.output);
        let named = if let Output::Named(ty) = output { Some(ty) } else { None };
        options.check(&Surroundings { method, placeholders, arguments: types, output: named, callers }, errors);
        Some(Self { method: method?, path: path?, options, arguments, output })
    }
}

fn output(output: &ReturnType) -> Output<'_> {
    match output {
        ReturnType::Default => Output::Unit,
        ReturnType::Type(_, ty) => match find_impl_trait(ty) {
            Some(_) => Output::Opaque(ty.span()),
            None => Output::Named(ty),
        },
    }
}
