//! The annotated function. Its signature is parsed and its body stays tokens, so that editors can complete half-typed
//! code.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Expr, ExprLit, Lit, Meta, Signature, Visibility,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

use crate::{errors::Errors, method::Method};

pub(crate) struct Handler {
    /// The function exactly as written.
    pub(crate) item: TokenStream,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) ident: Ident,
    /// Further route attributes, which are left out of `item`: a handler has one route.
    pub(crate) further_routes: Vec<Attribute>,
    /// The `#[cfg]`s of the function; the generated items carry them too.
    pub(crate) cfgs: Vec<Attribute>,
    /// The lines of the doc comment, without the leading space.
    pub(crate) docs: Vec<String>,
}

impl Parse for Handler {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (further_routes, attrs): (Vec<_>, Vec<_>) =
            input.call(Attribute::parse_outer)?.into_iter().partition(is_route);
        let vis: Visibility = input.parse()?;
        if !(input.peek(syn::Token![async])
            || input.peek(syn::Token![fn])
            || input.peek(syn::Token![unsafe])
            || input.peek(syn::Token![extern])
            || input.peek(syn::Token![const]) && !input.peek2(syn::Ident))
        {
            return Err(input.error("a route is an `async fn`; put this attribute on a function"));
        }
        let sig: Signature = input.parse()?;
        let body: TokenStream = input.parse()?;
        let mut item = TokenStream::new();
        for attr in &attrs {
            attr.to_tokens(&mut item);
        }
        vis.to_tokens(&mut item);
        sig.to_tokens(&mut item);
        item.extend(body);
        let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
        let docs = attrs.iter().filter_map(doc_line).collect();
        Ok(Self { item, vis, ident: sig.ident.clone(), sig, further_routes, cfgs, docs })
    }
}

impl Handler {
    /// Reports what a handler cannot be.
    pub(crate) fn check(&self, errors: &mut Errors) {
        let sig = &self.sig;
        if sig.asyncness.is_none() {
            errors.push(sig.fn_token.span, format!("a handler is async; write `async fn {}`", sig.ident));
        }
        if let Some(unsafety) = &sig.unsafety {
            errors.push(unsafety.span, "a handler is not `unsafe`; remove the keyword");
        }
        if let Some(constness) = &sig.constness {
            errors.push(constness.span, "a handler is not `const`; remove the keyword");
        }
        if let Some(abi) = &sig.abi {
            errors.push(abi.span(), "a handler has no `extern`; remove it");
        }
        if let Some(first) = sig.generics.params.first() {
            errors.push(first.span(), "a handler is not generic, because a route is one function; name the type");
        }
        for attr in &self.further_routes {
            errors.push(
                attr.path().span(),
                "a handler has one route; for a second route, write a function that calls this one",
            );
        }
        if let Some(variadic) = &sig.variadic {
            errors.push(variadic.span(), "a handler has no variadic arguments; remove them");
        }
    }
}

/// Whether this looks like `#[route(…)]` or a short form. A macro sees only names.
fn is_route(attr: &Attribute) -> bool {
    let name = attr.path().segments.last().map(|segment| segment.ident.to_string());
    name.is_some_and(|name| name == "route" || Method::NAMES.contains(&name.as_str()))
}

fn doc_line(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attr.meta else { return None };
    if !meta.path.is_ident("doc") {
        return None;
    }
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else { return None };
    let text = text.value();
    Some(text.strip_prefix(' ').unwrap_or(&text).to_owned())
}
