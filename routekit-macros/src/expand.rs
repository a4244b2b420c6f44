//! Model → tokens. Cannot fail.
//!
//! Generated code is thin: it calls functions of the runtime's `__private`, which hold the logic.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use crate::{
    arguments::{Argument, Source},
    handler::Handler,
    model::{Output, Route},
    parse::{Arguments, GroupArguments, Options},
    types::{first_type_argument, head_name, type_arguments},
};

/// The path of the runtime crate: `::routekit`, unless `crate = …` in one of the attributes says otherwise.
pub(crate) fn runtime_crate(attributes: &[Arguments]) -> TokenStream {
    crate_of(attributes.iter().map(|attribute| &attribute.options))
}

fn crate_of<'a>(mut options: impl Iterator<Item = &'a Options>) -> TokenStream {
    let named = options.find_map(|options| options.target.krate.as_ref());
    named.map_or_else(|| quote!(::routekit), |path| quote!(#path))
}

/// The expansion of a correct group: an item without a name.
pub(crate) fn group(group: &GroupArguments) -> TokenStream {
    let krate = crate_of(std::iter::once(&group.options));
    let prefix = group.prefix.as_ref().map(|prefix| quote!(.with_prefix(#prefix)));
    let tags = tags(&group.options);
    let version = version(&group.options);
    let policies = group.options.policies();
    let location = location();
    quote! {
        #[doc(hidden)]
        enum OneGroupForEachModule {}

        // Two groups of a module, and a group within a function, are compile errors.
        const _: ::core::option::Option<self::OneGroupForEachModule> = {
            use #krate::__private as __rt;

            __rt::inventory::submit! {
                __rt::RouteGroup::new(#location)
                #prefix
                #tags
                #version
                .with_policies(__rt::Policies::new() #(#policies)*)
            }
            ::core::option::Option::None
        };
    }
}

/// The place of the attribute. Cargo's variables tell crates of one name apart.
fn location() -> TokenStream {
    quote! {
        __rt::Location::new(::core::module_path!(), ::core::file!(), ::core::line!()).built_as(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
            ::core::option_env!("CARGO_BIN_NAME"),
            ::core::option_env!("CARGO_TARGET_TMPDIR").is_some(),
        )
    }
}

fn tags(options: &Options) -> Option<TokenStream> {
    let tags = &options.docs.tags;
    (!tags.is_empty()).then(|| quote!(.with_tags(&[#(#tags),*])))
}

fn version(options: &Options) -> Option<TokenStream> {
    options.docs.version.as_ref().map(|version| quote!(.with_version(#version)))
}

/// The expansion of a correct handler: the function, and its carrier with all routes. If the function is in an `impl`,
/// which a macro cannot see, the compiler reports the carrier, which is one item.
pub(crate) fn routes(routes: &[Route<'_>], handler: &Handler, krate: &TokenStream) -> TokenStream {
    let item = &handler.item;
    // Without it, rustc reports a handler that no list names as never used.
    let is_discovered = !routes.iter().any(|route| route.options.discovery.is_off);
    let submit = is_discovered.then(|| quote!(__rt::inventory::submit! { __ROUTE }));
    let mut routes = routes.iter();
    let first = routes.next().map(|first| route(first, handler));
    let further: Vec<_> = routes.map(|further| route(further, handler)).collect();
    let further = (!further.is_empty()).then(|| {
        quote! {
            const __FURTHER: &[__rt::Route] = &[#({ #further }),*];
        }
    });
    let with_further = further.as_ref().map(|_| quote!(.with_further(__FURTHER)));
    let carrier = carrier(
        handler,
        krate,
        &quote! {{
            use #krate::__private as __rt;

            #further
            const __ROUTE: __rt::Route = {
                #first #with_further
            };
            #submit
            __ROUTE
        }},
    );
    quote! {
        #item
        #carrier
    }
}

/// One route of the handler, as the end of a block.
fn route(route: &Route<'_>, handler: &Handler) -> TokenStream {
    let meta = meta(route, handler);
    let describe = describe(route);
    let endpoint = endpoint(route, handler);
    quote! {
        const __META: &__rt::RouteMeta = &#meta;
        #describe
        #endpoint
        __rt::Route::new(__META, __describe, __endpoint)
    }
}

/// The same place, but from the macro, where the compiler applies no lints about names and unused items.
fn of_macro(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// The tokens with such places.
fn all_of_macro(tokens: TokenStream) -> TokenStream {
    let of_macro = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), all_of_macro(group.stream())).into();
        }
        token.set_span(of_macro(token.span()));
        token
    };
    tokens.into_iter().map(of_macro).collect()
}

/// A hidden type with the function's name, so that `use users::list_users` imports both. Its constant `ROUTE` is
/// `route`.
///
/// The generated code must compile under `#![forbid(…)]`, which rejects each `#[allow(…)]`. So its tokens are the
/// macro's, and it only repeats what the function itself allows.
pub(crate) fn carrier(handler: &Handler, krate: &TokenStream, route: &TokenStream) -> TokenStream {
    let Handler { vis, ident, cfgs, allowed, .. } = handler;
    let span = of_macro(ident.span());
    let mut alias = ident.clone();
    alias.set_span(span);
    let carrier = format_ident!("__route_{}", alias, span = span);
    let vis = all_of_macro(quote!(#vis));
    let deprecated = handler.is_deprecated.then(|| quote!(#[allow(deprecated)]));
    // One item, whose derive adds the others: one error where no type can be declared. The name is an alias, so that
    // a module of the same name is one error too.
    let alias = quote_spanned! {span=>
        #[doc(hidden)]
        #vis type #alias = #carrier;
    };
    let derived = quote! {
        #alias

        #(#[allow(#allowed)])*
        #deprecated
        impl #carrier {
            /// The route of this handler.
            pub const ROUTE: #krate::__private::Route = #route;
        }
    };
    quote_spanned! {span=>
        #(#cfgs)*
        #[doc(hidden)]
        #[non_exhaustive]
        #[derive(#krate::__private::RouteOfHandler)]
        #[routekit_route(#derived)]
        #vis enum #carrier {}
    }
}

/// The tokens in the attribute `#[routekit_route(…)]` of a carrier.
pub(crate) fn route_of_handler(carrier: TokenStream) -> TokenStream {
    for token in carrier {
        let TokenTree::Group(attribute) = token else { continue };
        let mut inside = attribute.stream().into_iter();
        if let Some(TokenTree::Ident(name)) = inside.next()
            && name == "routekit_route"
            && let Some(TokenTree::Group(route)) = inside.next()
        {
            return route.stream();
        }
    }
    TokenStream::new()
}

fn meta(route: &Route<'_>, handler: &Handler) -> TokenStream {
    let method = route.method.variant();
    let path = &route.path;
    let name = handler.ident.to_string();
    let docs = &route.options.docs;
    let (summary, description) = documentation(route, handler);
    let tags = tags(&route.options);
    let operation_id = docs.operation_id.as_ref().map(|id| quote!(.with_operation_id(#id)));
    let version = version(&route.options);
    let policies = route.options.policies();
    let location = location();
    quote! {
        __rt::RouteMeta::new(
            __rt::Method::#method,
            #path,
            #name,
            #location,
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
    let inputs = route.arguments.iter().map(|argument| {
        let Argument { name, ty, source, cfgs } = argument;
        let probe = quote_spanned!(ty.span()=> (&&&&&&__rt::Probe::<#ty>::new()));
        match source {
            Source::Placeholder(placeholder) => {
                // The type may be an extractor that reads the placeholder.
                let needs =
                    (!argument.is_plain_value()).then(|| quote!(#(#cfgs)* #probe.describe_needs(__description);));
                quote!(#(#cfgs)* #probe.describe_placeholder(__description, #placeholder); #needs)
            }
            // A path of single values must have as many placeholders, which is checked at start-up.
            Source::Parts | Source::Body if head_name(ty).is_some_and(|head| head == "Path") => quote! {
                #(#cfgs)* #probe.describe_input(__description, #name);
                #(#cfgs)* #probe.count_values(__description);
            },
            Source::Parts | Source::Body => quote!(#(#cfgs)* #probe.describe_input(__description, #name);),
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
    let state = route.options.state().map_or_else(|| quote!(__rt::Deps), |state| quote!(#state));
    let sources = Sources::of(route, &state);
    let Sources { arguments, values } = &sources;
    let output_span = match &route.output {
        Output::Unit => of_macro(ident.span()),
        Output::Named(ty) => blamed(ty),
        Output::Opaque(span) => *span,
    };
    let output = format_ident!("__output", span = output_span);
    let respond = respond(&route.output, &output);
    // A value, as axum takes handlers: clippy's `unused_async` leaves out functions that are values.
    let handle = quote! {
        |__values| {
            let __handler = #ident;
            __handler(#(#values),*)
        }
    };
    // Spanned, so that a future that is not `Send` is reported at the handler's name.
    let (wiring, request, context) = (quote!(__wiring), quote!(__request), quote!(__context));
    let call = quote_spanned!(ident.span()=> __rt::call(#request, #context, #arguments, #handle, #respond));
    let layered = match &route.options.layer.expression {
        Some(layer) => {
            let layered = quote_spanned!(layer.span()=> __rt::layered);
            quote!(#layered(__endpoint, #layer))
        }
        None => quote!(__endpoint),
    };
    quote! {
        fn __endpoint(#wiring: &__rt::Wiring) -> __rt::Endpoint {
            use __rt::extract_traits::*;
            let __endpoint = __rt::endpoint::<#state>(#wiring, |#request, #context| #call);
            #layered
        }
    }
}

/// Where the arguments of a handler come from.
struct Sources {
    /// Those that leave the body alone, as nested pairs, and the one that may consume it, wherever it stands.
    /// Placeholders are first, because they cost the least.
    arguments: TokenStream,
    /// The extracted values, in the handler's order: parts of `__values`.
    values: Vec<TokenStream>,
}

impl Sources {
    fn of(route: &Route<'_>, state: &TokenStream) -> Self {
        let is = |source: fn(&Source) -> bool| {
            route.arguments.iter().enumerate().filter(move |(_, argument)| source(&argument.source))
        };
        let head = is(|source| matches!(source, Source::Placeholder(_))).chain(is(|source| *source == Source::Parts));
        let mut values = vec![TokenStream::new(); route.arguments.len()];
        let (mut pairs, mut rest) = (Vec::new(), quote!(__values.0));
        for (index, argument) in head {
            pairs.push(optional(argument, source(argument, route, state)));
            values[index] = value(argument, &quote!(#rest.0));
            rest = quote!(#rest.1);
        }
        if values.is_empty() {
            return Self { arguments: quote!(()), values };
        }
        let arguments = pairs.into_iter().rfold(quote!(()), |rest, argument| quote!((#argument, #rest)));
        // Of two bodies, one is compiled out: both are in one tuple.
        let mut last = Vec::new();
        for (index, argument) in is(|source| *source == Source::Body) {
            let cfgs = &argument.cfgs;
            let source = source(argument, route, state);
            last.push(quote!(#(#cfgs)* #source));
            values[index] = value(argument, &quote!(__values.1));
        }
        let has_cfg = route.arguments.iter().any(|a| a.source == Source::Body && !a.cfgs.is_empty());
        let last = match last.as_slice() {
            [last] if !has_cfg => last.clone(),
            [] => quote!(()),
            all => quote!((#(#all,)*)),
        };
        Self { arguments: quote!((#arguments, #last)), values }
    }
}

/// An argument with a `#[cfg]` is a tuple of one, which may be empty.
fn optional(argument: &Argument<'_>, source: TokenStream) -> TokenStream {
    let cfgs = &argument.cfgs;
    if cfgs.is_empty() { source } else { quote!((#(#cfgs)* #source,)) }
}

/// The value of an argument in the tuple of values.
fn value(argument: &Argument<'_>, place: &TokenStream) -> TokenStream {
    let cfgs = &argument.cfgs;
    if cfgs.is_empty() { place.clone() } else { quote!(#(#cfgs)* #place.0) }
}

/// Where one argument comes from. Mistakes in its type are reported at the type.
fn source(argument: &Argument<'_>, route: &Route<'_>, state: &TokenStream) -> TokenStream {
    let ty = argument.ty;
    match &argument.source {
        Source::Placeholder(placeholder) => {
            let source = if argument.is_plain_value() {
                quote_spanned!(ty.span()=> __rt::placeholder::<#ty>(#placeholder))
            } else {
                quote_spanned!(ty.span()=> (&&&__rt::PathArgument::<#ty, #state>::new()).named(#placeholder))
            };
            // Tags are made from parsed values; see the runtime's `spelling`.
            if route.options.cache_tags().any(|tag| tag.names(placeholder)) {
                quote_spanned!(ty.span()=> (&__rt::Spell::<#ty>::new()).spelled(#source, #placeholder))
            } else {
                source
            }
        }
        Source::Parts => quote_spanned!(blamed(ty)=> __rt::Extract::<#ty, #state>::new().argument()),
        Source::Body => quote_spanned!(blamed(ty)=> __rt::Extract::<#ty, #state>::new().last_argument()),
    }
}

/// The function that makes a response of what the handler returned. The value and the error of a `Result` are
/// converted one by one, each at the span of its type.
fn respond(output: &Output<'_>, variable: &Ident) -> TokenStream {
    let span = variable.span();
    // A block, because clippy would replace a closure that is only a call.
    let whole = || quote_spanned!(span=> |#variable| { __rt::respond(#variable) });
    let Output::Named(ty) = output else { return whole() };
    if head_name(ty).as_deref() != Some("Result") {
        return whole();
    }
    let mut types = type_arguments(ty).into_iter();
    let spans = [types.next().map_or(span, blamed), types.next().map_or(span, Spanned::span)];
    let [value, error] = spans.map(|span| format_ident!("__returned", span = span));
    let value = quote_spanned!(value.span()=> ::core::result::Result::Ok(#value) => __rt::respond(#value));
    let error = quote_spanned!(error.span()=> ::core::result::Result::Err(#error) => __rt::respond_error(#error));
    quote! {
        |#variable| match (&&&__rt::Returned::<#ty>::new()).split(#variable) {
            #value,
            #error,
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
        let mut items: syn::File = syn::parse2(expanded.clone()).expect("it expands to items");
        // As the compiler does: without the attribute, followed by what the derive makes of it.
        for item in &mut items.items {
            if let syn::Item::Enum(carrier) = item {
                carrier.attrs.retain(|attr| !attr.path().is_ident("routekit_route"));
            }
        }
        let derived: syn::File = syn::parse2(route_of_handler(expanded)).expect("the derive expands to items");
        items.items.extend(derived.items);
        let text = prettyplease::unparse(&items);
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/expansion.rs");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &text).expect("the snapshot can be written");
        }
        let expected = fs::read_to_string(&golden).expect("there is a snapshot");
        assert_eq!(text, expected, "run with UPDATE_GOLDEN=1 and review the diff");
    }
}
