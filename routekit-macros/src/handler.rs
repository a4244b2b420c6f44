//! The annotated function. Its signature is parsed and its body stays tokens, so that editors can complete half-typed
//! code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Expr, ExprLit, GenericParam, Lit, Meta, Signature, Visibility,
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
    /// Further route attributes, which are left out of `item`.
    pub(crate) further_routes: Vec<FurtherRoute>,
    /// The `#[cfg]`s of the function; the generated items carry them too.
    pub(crate) cfgs: Vec<Attribute>,
    /// The lints that the function allows. The generated code repeats its types, so it allows them too.
    pub(crate) allowed: Vec<TokenStream>,
    pub(crate) is_deprecated: bool,
    /// The lines of the doc comment, without the leading space.
    pub(crate) docs: Vec<String>,
}

/// A route attribute below the first.
pub(crate) struct FurtherRoute {
    /// `None` for `#[route(…)]`.
    pub(crate) method: Option<Method>,
    pub(crate) args: TokenStream,
    pub(crate) span: Span,
}

impl FurtherRoute {
    /// The route of an attribute that looks like `#[route(…)]` or a short form. A macro sees only names.
    fn of(attr: &Attribute) -> Option<Self> {
        let name = attr.path().segments.last()?.ident.to_string();
        let method = Method::from_word(&name);
        let args = match &attr.meta {
            Meta::List(list) => list.tokens.clone(),
            Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
        };
        (method.is_some() || name == "route").then(|| Self { method, args, span: attr.path().span() })
    }
}

impl Parse for Handler {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut further_routes = Vec::new();
        let mut attrs = input.call(Attribute::parse_outer)?;
        attrs.retain(|attr| {
            let further = FurtherRoute::of(attr);
            let is_kept = further.is_none();
            further_routes.extend(further);
            is_kept
        });
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
        let allowed = attrs.iter().filter_map(allowed_lints).collect();
        let is_deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
        let ident = sig.ident.clone();
        Ok(Self { item, vis, ident, sig, further_routes, cfgs, allowed, is_deprecated, docs })
    }
}

impl Handler {
    /// Reports what a handler cannot be.
    pub(crate) fn check(&self, krate: &TokenStream, errors: &mut Errors) {
        let sig = &self.sig;
        if let Some(what) = self.hidden_by_name(krate) {
            let name = &self.ident;
            errors.push(
                name.span(),
                format!(
                    "a handler named `{name}` hides the {what} `{name}` in its module, because a route is also a type \
                     of the handler's name; give the handler another name, such as `get_{name}`"
                ),
            );
        }
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
            errors.push(first.span(), generic(first, &sig.ident));
        }
        if let Some(variadic) = &sig.variadic {
            errors.push(variadic.span(), "a handler has no variadic arguments; remove them");
        }
    }

    /// What a type of the handler's name would hide from its module.
    fn hidden_by_name(&self, krate: &TokenStream) -> Option<&'static str> {
        let name = self.ident.to_string();
        if PRIMITIVES.contains(&&*name) {
            Some("type")
        } else {
            (CRATES.contains(&&*name) || krate.to_string() == name).then_some("crate")
        }
    }

    /// Whether the route's type cannot have the handler's name.
    pub(crate) fn has_taken_name(&self, krate: &TokenStream) -> bool {
        self.hidden_by_name(krate).is_some()
    }
}

/// What to do about a generic handler.
fn generic(param: &GenericParam, handler: &Ident) -> String {
    match param {
        GenericParam::Lifetime(_) => {
            "a handler has no lifetime parameters, because its arguments are owned values; remove them".to_owned()
        }
        GenericParam::Type(_) | GenericParam::Const(_) => format!(
            "a handler is not generic, because a route is one function; name the type, take a trait object such as \
             `Dep<dyn Trait>`, or keep this function generic and declare a handler that calls it: \
             `{handler}::<Type>(…).await`"
        ),
    }
}

/// Crates that most modules name in paths.
const CRATES: [&str; 6] = ["alloc", "axum", "core", "routekit", "serde", "std"];

/// Types without an import.
const PRIMITIVES: [&str; 17] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32", "u64", "u8",
    "usize",
];

/// The lints of `#[allow(…)]` or `#[expect(…)]`, with their reason.
fn allowed_lints(attr: &Attribute) -> Option<TokenStream> {
    let Meta::List(list) = &attr.meta else { return None };
    (attr.path().is_ident("allow") || attr.path().is_ident("expect")).then(|| list.tokens.clone())
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
