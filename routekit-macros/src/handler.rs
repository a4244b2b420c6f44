//! The annotated function: its signature is parsed, its body stays tokens, so that half-typed code keeps its editor help.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Expr, ExprLit, Lit, Meta, Signature, Visibility,
    parse::{Parse, ParseStream},
};

pub(crate) struct Handler {
    /// The function exactly as written.
    pub(crate) item: TokenStream,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) ident: Ident,
    /// The `#[cfg]`s of the function; whatever is generated carries them too.
    pub(crate) cfgs: Vec<Attribute>,
    /// The doc comment, one string a line, without the leading space.
    pub(crate) docs: Vec<String>,
}

impl Parse for Handler {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
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
        Ok(Self { item, vis, ident: sig.ident.clone(), sig, cfgs, docs })
    }
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
