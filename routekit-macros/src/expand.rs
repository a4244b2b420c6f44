//! Model → tokens. Cannot fail.
//!
//! Generated code is thin: it calls functions of the runtime's `__private`, which hold the logic.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use crate::{
    arguments::{Argument, Source},
    handler::Handler,
    model::{Output, Route},
    parse::Arguments,
    types::{first_type_argument, head_name},
};

/// The path of the runtime crate: `::routekit`, unless `crate = …` says otherwise.
pub(crate) fn runtime_crate(arguments: &Arguments) -> TokenStream {
    arguments.options.target.krate.as_ref().map_or_else(|| quote!(::routekit), |path| quote!(#path))
}

/// A hidden type with the function's name, so that `use users::list_users` imports both.
pub(crate) fn carrier(handler: &Handler) -> TokenStream {
    let Handler { vis, ident, cfgs, .. } = handler;
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, missing_debug_implementations, clippy::empty_enums)]
        #vis enum #ident {}
    }
}

/// The expansion of a correct route: the function, its carrier, and one `impl` that holds the rest. If the function is
/// in an `impl`, which a macro cannot see, the compiler reports each item.
pub(crate) fn route(route: &Route<'_>, handler: &Handler, krate: &TokenStream) -> TokenStream {
    let item = &handler.item;
    let carrier = carrier(handler);
    let ident = &handler.ident;
    let meta = meta(route, handler);
    let describe = describe(route);
    let endpoint = endpoint(route, handler);
    let constant = constant(
        handler,
        krate,
        &quote! {{
            use #krate::__private as __rt;

            const __META: &__rt::RouteMeta = &#meta;
            #describe
            #endpoint
            __rt::inventory::submit! { #ident::ROUTE }
            __rt::Route::new(__META, __describe, __endpoint)
        }},
    );
    quote! {
        #item
        #carrier
        #constant
    }
}

/// The carrier's `ROUTE`.
pub(crate) fn constant(handler: &Handler, krate: &TokenStream, route: &TokenStream) -> TokenStream {
    let Handler { vis, ident, cfgs, .. } = handler;
    quote! {
        #(#cfgs)*
        #[allow(clippy::all, clippy::pedantic, clippy::restriction, unused_qualifications)]
        impl #ident {
            /// The route of this handler.
            #vis const ROUTE: #krate::__private::Route = #route;
        }
    }
}

fn meta(route: &Route<'_>, handler: &Handler) -> TokenStream {
    let method = route.method.variant();
    let path = &route.path;
    let name = handler.ident.to_string();
    let docs = &route.options.docs;
    let (summary, description) = documentation(route, handler);
    let tags = (!docs.tags.is_empty()).then(|| {
        let tags = &docs.tags;
        quote!(.with_tags(&[#(#tags),*]))
    });
    let operation_id = docs.operation_id.as_ref().map(|id| quote!(.with_operation_id(#id)));
    let version = docs.version.as_ref().map(|version| quote!(.with_version(#version)));
    let policies = route.options.policies();
    quote! {
        __rt::RouteMeta::new(
            __rt::Method::#method,
            #path,
            #name,
            __rt::Location::new(::core::module_path!(), ::core::file!(), ::core::line!()),
        )
        .with_documentation(#summary, #description)
        #tags
        #operation_id
        #version
        .with_policies(__rt::Policies::new() #(#policies)*)
    }
}

fn documentation(route: &Route<'_>, handler: &Handler) -> (String, String) {
    let blank = handler.docs.iter().position(|line| line.trim().is_empty()).unwrap_or(handler.docs.len());
    let (first, rest) = handler.docs.split_at(blank);
    let summary = match &route.options.docs.summary {
        Some(summary) => summary.value(),
        None => first.join(" ").trim().to_owned(),
    };
    (summary, rest.join("\n").trim().to_owned())
}

/// `fn __describe`: inputs, outputs and needs of the route, by autoref specialisation (see the runtime's `probe`).
fn describe(route: &Route<'_>) -> TokenStream {
    let state = route.options.state().map(|state| quote!(__description.needs_state::<#state>();));
    let inputs = route.arguments.iter().map(|Argument { name, ty, source }| {
        let probe = quote_spanned!(ty.span()=> (&&&&&__rt::Probe::<#ty>::new()));
        match source {
            Source::Placeholder(placeholder) => quote!(#probe.describe_placeholder(__description, #placeholder);),
            // A path of single values must have as many placeholders, which is checked at start-up.
            Source::Parts | Source::Body if head_name(ty).is_some_and(|head| head == "Path") => quote! {
                #probe.describe_input(__description, #name);
                #probe.count_values(__description);
            },
            Source::Parts | Source::Body => quote!(#probe.describe_input(__description, #name);),
        }
    });
    let output = match &route.output {
        Output::Unit => quote!((&&&__rt::Probe::<()>::new()).describe_output(__description);),
        Output::Named(ty) => {
            let probe = quote_spanned!(ty.span()=> (&&&__rt::Probe::<#ty>::new()));
            quote! {
                #probe.describe_output(__description);
                (&&&#probe.error()).describe_error(__description);
            }
        }
        Output::Opaque(_) => quote!(__description.opaque_output();),
    };
    quote! {
        fn __describe(__description: &mut __rt::Description) {
            #[allow(unused_imports)]
            use __rt::describe_traits::*;
            #state
            #(#inputs)*
            #output
        }
    }
}

/// Where the compiler reports that an argument or a return type lacks a trait: at `T` for `Json<T>` and its like.
fn blamed(ty: &Type) -> Span {
    let wraps = head_name(ty).is_some_and(|head| ["Dep", "Form", "Json", "Path", "Query"].contains(&head.as_str()));
    let content = if wraps { first_type_argument(ty) } else { None };
    content.unwrap_or(ty).span()
}

/// `fn __endpoint`: the handler as a function from request to response.
fn endpoint(route: &Route<'_>, handler: &Handler) -> TokenStream {
    let ident = &handler.ident;
    let names: Vec<_> = (0..route.arguments.len()).map(|index| format_ident!("__argument_{index}")).collect();
    let state = route.options.state().map_or_else(|| quote!(__rt::Deps), |state| quote!(#state));

    // Local variables keep the span of the attribute inside code that is spanned to a type: the types of a handler from
    // `macro_rules!` may come from a place where these variables do not exist.
    let (parts, context, values) = (quote!(__parts), quote!(__context), quote!(__placeholders));
    let from_path = route.arguments.iter().zip(&names).filter_map(|(argument, name)| {
        let Source::Placeholder(placeholder) = &argument.source else { return None };
        let ty = argument.ty;
        let parse = quote_spanned!(ty.span()=> let #name = __rt::parse::<#ty>(&#values, #placeholder)?;);
        // Tags are made from parsed values; see the runtime's `spelling`.
        let tagged = route.options.cache_tags().any(|tag| tag.names(placeholder));
        let spell = tagged.then(|| quote!((&__rt::Spell(&#name)).spell(&#parts.extensions, #placeholder);));
        Some(quote!(#parse #spell))
    });
    let any_from_path = route.arguments.iter().any(|a| matches!(a.source, Source::Placeholder(_)));
    let placeholders = any_from_path.then(|| quote!(let #values = __rt::Placeholders::of(&mut #parts).await?;));
    let from_parts = route.arguments.iter().zip(&names).filter(|(a, _)| a.source == Source::Parts).map(|(a, name)| {
        let ty = a.ty;
        quote_spanned! {blamed(ty)=>
            let #name = (&&&&&__rt::Extract::<#ty, #state>::new()).from_parts(&mut #parts, &#context).await?;
        }
    });
    // The body is extracted last, wherever its argument stands.
    let (request, body) = (quote!(__request), quote!(__body));
    let takes_parts = route.arguments.iter().any(|a| a.source != Source::Body);
    let whole = if takes_parts { quote!(__rt::Request::from_parts(#parts, #body)) } else { request.clone() };
    let from_body = route.arguments.iter().zip(&names).filter(|(a, _)| a.source == Source::Body).map(|(a, name)| {
        let ty = a.ty;
        quote_spanned! {blamed(ty)=>
            let #name = (&&&&&__rt::Extract::<#ty, #state>::new()).from_request(#whole, &#context).await?;
        }
    });
    // Before the future is created, so that it holds the parts and not the request as well.
    let take_apart = if takes_parts {
        quote! {
            #[allow(unused_mut, unused_variables)]
            let (mut #parts, #body) = #request.into_parts();
        }
    } else if route.arguments.is_empty() {
        quote!(::core::mem::drop((#request, #context));)
    } else {
        quote!()
    };
    let output_span = match &route.output {
        Output::Unit => ident.span(),
        Output::Named(ty) => blamed(ty),
        Output::Opaque(span) => *span,
    };
    let output = format_ident!("__output", span = output_span);
    let respond = quote_spanned!(output_span=> __rt::respond(#output));
    // Spanned, so that a future that is not `Send` is reported at the handler's name.
    let wiring = quote!(__wiring);
    let new = quote_spanned! {ident.span()=>
        __rt::endpoint::<#state>(#wiring, |#request, #context| {
            #take_apart
            __rt::future(async move {
                #placeholders
                #(#from_path)*
                #(#from_parts)*
                #(#from_body)*
                let #output = #ident(#(#names),*).await;
                ::core::result::Result::Ok(#respond)
            })
        })
    };
    let layered = match &route.options.layer.expression {
        Some(layer) => {
            let layered = quote_spanned!(layer.span()=> __rt::layered);
            quote!(#layered(__endpoint, #layer))
        }
        None => quote!(__endpoint),
    };
    quote! {
        fn __endpoint(#wiring: &__rt::Wiring) -> __rt::Endpoint {
            #[allow(unused_imports)]
            use __rt::extract_traits::*;
            let __endpoint = #new;
            #layered
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// `UPDATE_GOLDEN=1` rewrites the snapshot; its diff is the change to review.
    #[test]
    fn route_expands_to_the_snapshot() {
        let arguments = quote!(
            "/users/{id}",
            timeout = "2s",
            tags("users"),
            deprecated(since = "2026-01-01"),
            invalidates("users", "user:{id}"),
            breaker(failure_rate = 0.5, window = 100),
            concurrency = 64,
        );
        let handler = quote! {
            /// Renames a user.
            pub async fn rename(id: Uuid, body: Json<Rename>, users: Dep<Users>) -> Result<Json<User>> {
                users.rename(id, body).await
            }
        };
        let expanded = crate::route::expand(Some(crate::method::Method::Put), arguments, handler);
        let text = prettyplease::unparse(&syn::parse2(expanded).expect("it expands to items"));
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/expansion.rs");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &text).expect("the snapshot can be written");
        }
        let expected = fs::read_to_string(&golden).expect("there is a snapshot");
        assert_eq!(text, expected, "run with UPDATE_GOLDEN=1 and review the diff");
    }
}
