//! `#[derive(Validate)]`: `validator`'s derive, with errors under the names that serde uses.
//!
//! `validator` uses Rust field names as the keys of its errors, and clients never see those names. So this derive
//! passes a copy of the struct, named `__Fields`, to `validator`. `#[discard]` then drops the copy, and only its
//! `impl Validate for __Fields` remains. The real `__Fields` is a reference that dereferences to the user's struct, so
//! that the generated rules read its fields. The user's own `impl Validate` calls those rules and renames the keys.
//! Nested structs do the same for themselves.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericParam, Lifetime, LifetimeParam, LitStr, meta::ParseNestedMeta,
    parse_quote,
};

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

    Ok(quote! {
        // The copy's lifetime is named once, in some `impl`s.
        #[allow(single_use_lifetimes)]
        const _: () = {
            use #krate::__private::validator::Validate as _;

            struct #copy_name #copy_impl (&#lifetime #ident #ty_generics) #copy_where;

            impl #copy_impl ::core::ops::Deref for #copy_name #copy_ty #where_clause {
                type Target = #ident #ty_generics;
                fn deref(&self) -> &Self::Target {
                    self.0
                }
            }

            #copy

            // Called as a method: if `validator` reported an error in the copy, method lookup finds this impl through
            // `Deref`, and there is no second error.
            #[allow(unconditional_recursion)]
            impl #impl_generics #krate::__private::validator::Validate for #ident #ty_generics #where_clause {
                fn validate(&self) -> ::core::result::Result<(), #krate::__private::validator::ValidationErrors> {
                    #krate::__private::with_serde_names(#copy_name(self).validate(), &[#(#renames),*])
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

/// The string of `#[serde(key = "…")]` or `#[serde(key(deserialize = "…"))]`.
fn serde_value(attrs: &[Attribute], key: &str) -> Option<LitStr> {
    let mut value = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        // serde's own derive reports malformed attributes, here and below.
        let _ = attr.parse_nested_meta(|meta| {
            if meta.path.is_ident(key) {
                if meta.input.peek(syn::token::Paren) {
                    meta.parse_nested_meta(|direction| {
                        let text: LitStr = direction.value()?.parse()?;
                        if direction.path.is_ident("deserialize") {
                            value = Some(text);
                        }
                        Ok(())
                    })?;
                } else {
                    value = Some(meta.value()?.parse()?);
                }
                Ok(())
            } else {
                skip_value(&meta)
            }
        });
    }
    value
}

/// Whether there is a `#[serde(flag)]`.
fn has_serde_flag(attrs: &[Attribute], flag: &str) -> bool {
    let mut found = false;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let _ = attr.parse_nested_meta(|meta| {
            found |= meta.path.is_ident(flag);
            skip_value(&meta)
        });
    }
    found
}

/// Skips the value of an option of serde.
fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(syn::token::Paren) {
        meta.input.parse::<proc_macro2::Group>()?;
    } else if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    }
    Ok(())
}

/// serde's `rename_all` rules, for fields.
#[derive(Clone, Copy)]
enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" | "snake_case" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// The name of a field written in `snake_case`.
    fn apply(self, field: &str) -> String {
        match self {
            Self::Lower => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
            Self::Pascal => pascal(field),
            Self::Camel => {
                let mut name = pascal(field);
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                name
            }
        }
    }
}

fn pascal(field: &str) -> String {
    let mut name = String::new();
    let mut capital = true;
    for c in field.chars() {
        if c == '_' {
            capital = true;
        } else if capital {
            name.push(c.to_ascii_uppercase());
            capital = false;
        } else {
            name.push(c);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rename_rules() {
        for (rule, name) in [
            ("lowercase", "first_name"),
            ("UPPERCASE", "FIRST_NAME"),
            ("PascalCase", "FirstName"),
            ("camelCase", "firstName"),
            ("snake_case", "first_name"),
            ("SCREAMING_SNAKE_CASE", "FIRST_NAME"),
            ("kebab-case", "first-name"),
            ("SCREAMING-KEBAB-CASE", "FIRST-NAME"),
        ] {
            assert_eq!(RenameRule::parse(rule).unwrap().apply("first_name"), name, "{rule}");
        }
    }
}
