//! The annotated function: its signature is parsed, its body stays tokens, so that half-typed code keeps its editor help.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Expr, ExprLit, Lit, Meta, Signature, Visibility,
    parse::{Parse, ParseStream},
};

use crate::method::Method;

pub(crate) struct Handler {
    /// The function exactly as written.
    pub(crate) item: TokenStream,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) ident: Ident,
    /// Further attributes of ours, which `item` is without: a handler has one route.
    pub(crate) further_routes: Vec<Attribute>,
    /// The `#[cfg]`s of the function; whatever is generated carries them too.
    pub(crate) cfgs: Vec<Attribute>,
    /// The doc comment, one string a line, without the leading space.
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
            return Err(input.error("a route is an `async fn`; this attribute goes on a function"));
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

/// Whether this looks like `#[route(…)]` or a short form; a macro sees names only.
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
