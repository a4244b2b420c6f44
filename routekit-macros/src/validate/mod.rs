//! `#[derive(Validate)]`: the rules of `validator`, with errors under the names that serde uses.
//!
//! The rules themselves are `validator`'s traits. The generated code calls them, and hands each broken rule to a
//! `RuleCheck` of the runtime, which knows the keys of the errors and how many of them are kept. It never touches the
//! rejected value: neither `Serialize` nor `Debug` is needed.

mod applies;
mod arguments;
mod check;
mod describe;
mod item;
mod names;
mod rules;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, DeriveInput};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let (krate, unclear) = match runtime_crate(&input.attrs) {
        Ok(krate) => (krate, None),
        Err(error) => (quote!(::routekit), Some(error)),
    };
    unclear.map_or_else(|| item::expand(&input, &krate), Err).unwrap_or_else(|error| {
        // With an `impl` all the same, handlers that take this type report no second error.
        let error = error.into_compile_error();
        let ident = &input.ident;
        let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
        quote! {
            #error
            impl #impl_generics #krate::__private::validator::Validate for #ident #ty_generics #where_clause {
                fn validate(&self) -> ::core::result::Result<(), #krate::__private::validator::ValidationErrors> {
                    ::core::result::Result::Ok(())
                }
            }
        }
    })
}

/// The path of `routekit`: that of `#[validate(crate = …)]`, if there is one.
fn runtime_crate(attrs: &[Attribute]) -> syn::Result<TokenStream> {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("validate")) {
        for argument in arguments::list(attr)? {
            if let Some(value) = argument.value_of("crate") {
                return Ok(arguments::path(value)?.to_token_stream());
            }
        }
    }
    Ok(quote!(::routekit))
}
