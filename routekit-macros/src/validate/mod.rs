//! `#[derive(Validate)]`: `validator`'s derive, with errors under the names that serde uses.
//!
//! `validator` uses Rust field names as the keys of its errors, and clients never see those names. So this derive
//! passes a copy of the struct, named `__Fields`, to `validator`. `#[discard]` then drops the copy, and only its
//! `impl Validate for __Fields` remains. The real `__Fields` is a reference that dereferences to the user's struct, so
//! that the generated rules read its fields. The user's own `impl Validate` calls those rules and renames the keys.
//! Nested structs do the same for themselves.
//!
//! The generated rules add the rejected value to their errors, serialised. `__Fields` has a field of its own for each
//! list, which the rules see in place of the list, and which serialises to nothing: see [`lists`].

mod lists;
mod serde_names;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Data, DeriveInput, Fields, GenericParam, Lifetime, LifetimeParam, LitStr, parse_quote};

use self::serde_names::{RenameRule, has_serde_flag, serde_value};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    expand_struct(&input).unwrap_or_else(|error| {
        // With an `impl` all the same, handlers that take this type report no second error.
        let error = error.into_compile_error();
        let ident = &input.ident;
        let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
        quote! {
            #error
            impl #impl_generics ::routekit::__private::validator::Validate for #ident #ty_generics #where_clause {
                fn validate(&self) -> ::core::result::Result<(), ::routekit::__private::validator::ValidationErrors> {
                    ::core::result::Result::Ok(())
                }
            }
        }
    })
}

fn expand_struct(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new_spanned(&input.ident, "`Validate` is derived on structs with named fields"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(syn::Error::new_spanned(&input.ident, "`Validate` is derived on structs with named fields"));
    };
    let krate = runtime_crate(&input.attrs)?;
    let rule = serde_value(&input.attrs, "rename_all").and_then(|name| RenameRule::parse(&name.value()));

    let mut renames = Vec::new();
    for field in &fields.named {
        let ident = field.ident.as_ref().expect("the fields are named");
        let written = ident.to_string();
        let rust = written.strip_prefix("r#").unwrap_or(&written);
        let serde = match serde_value(&field.attrs, "rename") {
            Some(name) => name.value(),
            // An empty name: the runtime reports its errors as those of the outer struct.
            None if has_serde_flag(&field.attrs, "flatten") => String::new(),
            None => rule.map_or_else(|| rust.to_owned(), |rule| rule.apply(rust)),
        };
        // `validator` uses the raw identifier, `r#` included.
        if serde != written {
            renames.push(quote!((#written, #serde)));
        }
    }

    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();

    // The copy for `validator`: the same fields, and one more lifetime.
    let lifetime = Lifetime::new("'__fields", ident.span());
    let mut generics = input.generics.clone();
    generics.params.insert(0, GenericParam::Lifetime(LifetimeParam::new(lifetime.clone())));
    let copy_name = format_ident!("__Fields", span = ident.span());
    let copy = copy_for_validator(input, &copy_name, &generics, &krate);
    let (copy_impl, copy_ty, _) = generics.split_for_impl();
    let mut bounded = generics.clone();
    bounded.make_where_clause().predicates.push(parse_quote!(#ident #ty_generics: #lifetime));
    let copy_where = &bounded.where_clause;
    let lists = lists::lists(fields);
    let list_fields = lists.iter().map(|list| list.field(&lifetime, &krate));
    let list_values = lists.iter().map(|list| list.value(&krate));

    Ok(quote! {
        // The copy's lifetime is named once, in some `impl`s.
        #[allow(single_use_lifetimes)]
        const _: () = {
            use #krate::__private::validator::Validate as _;

            struct #copy_name #copy_impl #copy_where {
                __target: &#lifetime #ident #ty_generics,
                #(#list_fields,)*
            }

            impl #copy_impl ::core::ops::Deref for #copy_name #copy_ty #where_clause {
                type Target = #ident #ty_generics;
                fn deref(&self) -> &Self::Target {
                    self.__target
                }
            }

            #copy

            // Called as a method: if `validator` reported an error in the copy, method lookup finds this impl through
            // `Deref`, and there is no second error.
            #[allow(unconditional_recursion)]
            impl #impl_generics #krate::__private::validator::Validate for #ident #ty_generics #where_clause {
                fn validate(&self) -> ::core::result::Result<(), #krate::__private::validator::ValidationErrors> {
                    let fields = #copy_name { __target: self, #(#list_values,)* };
                    #krate::__private::with_serde_names(fields.validate(), &[#(#renames),*])
                }
            }
        };
    })
}

fn copy_for_validator(input: &DeriveInput, name: &Ident, generics: &syn::Generics, krate: &TokenStream) -> TokenStream {
    let mut copy = input.clone();
    copy.ident = name.clone();
    copy.generics = generics.clone();
    copy.attrs.retain(|attr| attr.path().is_ident("validate") && !names_crate(attr));
    if let Data::Struct(data) = &mut copy.data {
        for field in &mut data.fields {
            field.attrs.retain(|attr| attr.path().is_ident("validate") || attr.path().is_ident("cfg"));
        }
    }
    let validator = LitStr::new(&quote!(#krate::__private::validator).to_string().replace(' ', ""), name.span());
    let derive = quote_spanned!(name.span()=> #krate::__private::validator::Validate);
    let copy = copy.into_token_stream();
    quote! {
        #[derive(#derive)]
        #[#krate::__private::discard]
        #[validate(crate = #validator)]
        #copy
    }
}

/// Whether this is our `#[validate(crate = …)]`, the path of `routekit`.
fn names_crate(attr: &Attribute) -> bool {
    let mut found = false;
    // `validator` checks other contents.
    let _ = attr.parse_nested_meta(|meta| {
        if meta.path.is_ident("crate") {
            found = true;
        }
        Err(meta.error("seen"))
    });
    found
}

fn runtime_crate(attrs: &[Attribute]) -> syn::Result<TokenStream> {
    let Some(attr) = attrs.iter().find(|attr| attr.path().is_ident("validate") && names_crate(attr)) else {
        return Ok(quote!(::routekit));
    };
    let mut path = None;
    attr.parse_nested_meta(|meta| {
        path = Some(meta.value()?.parse::<syn::Path>()?);
        Ok(())
    })?;
    Ok(path.to_token_stream())
}
