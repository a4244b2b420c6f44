//! Fields that are lists, in a form that serialises to nothing.
//!
//! `validator` adds the value that breaks a rule to its error and serialises it, so that the items of a list would have
//! to implement `Serialize`. routekit sends no such value.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Field, FieldsNamed, GenericArgument, Ident, Lifetime, Meta, PathArguments, Type, TypePath};

/// Lists of the standard library. Other types have to implement `Serialize` if a rule adds them to its error.
const LISTS: [&str; 6] = ["Vec", "VecDeque", "LinkedList", "HashSet", "BTreeSet", "BinaryHeap"];

/// A field with rules that is a list, or an `Option` of one.
pub(super) struct UnserialisedList<'a> {
    name: &'a Ident,
    list: &'a Type,
    is_optional: bool,
    cfg: Vec<&'a Attribute>,
}

/// The lists among the fields. None if one has to match another, since both must have the same type then.
pub(super) fn lists(fields: &FieldsNamed) -> Vec<UnserialisedList<'_>> {
    let all = fields.named.iter().filter(|field| has_rules(field));
    let lists: Vec<_> = all.filter_map(|field| Some((field, UnserialisedList::of(field)?))).collect();
    if lists.iter().any(|(field, _)| must_match(field)) {
        return Vec::new();
    }
    lists.into_iter().map(|(_, list)| list).collect()
}

impl<'a> UnserialisedList<'a> {
    /// `None` for other fields, which the rules see as they are.
    fn of(field: &'a Field) -> Option<Self> {
        let inner = argument_of(&field.ty, "Option");
        let list = inner.unwrap_or(&field.ty);
        let is_list = LISTS.iter().any(|name| argument_of(list, name).is_some());
        let cfg = field.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
        is_list.then_some(Self { name: field.ident.as_ref()?, list, is_optional: inner.is_some(), cfg })
    }

    /// The field of the copy.
    pub(super) fn field(&self, lifetime: &Lifetime, krate: &TokenStream) -> TokenStream {
        let Self { name, list, cfg, .. } = self;
        let list = quote!(#krate::__private::Unserialised<#lifetime, #list>);
        if self.is_optional {
            quote!(#(#cfg)* #name: ::core::option::Option<#list>)
        } else {
            quote!(#(#cfg)* #name: #list)
        }
    }

    /// The value of that field.
    pub(super) fn value(&self, krate: &TokenStream) -> TokenStream {
        let Self { name, cfg, .. } = self;
        let unserialised = quote!(#krate::__private::Unserialised);
        if self.is_optional {
            quote!(#(#cfg)* #name: self.#name.as_ref().map(#unserialised))
        } else {
            quote!(#(#cfg)* #name: #unserialised(&self.#name))
        }
    }
}

fn has_rules(field: &Field) -> bool {
    field.attrs.iter().any(|attr| attr.path().is_ident("validate"))
}

fn must_match(field: &Field) -> bool {
    let names_it = |attr: &Attribute| match &attr.meta {
        Meta::List(list) => {
            list.tokens.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(rule) if rule == "must_match"))
        }
        _ => false,
    };
    field.attrs.iter().filter(|attr| attr.path().is_ident("validate")).any(names_it)
}

/// The first type argument of `name<…>`.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(TypePath { qself: None, path }) = ty else { return None };
    let last = path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
