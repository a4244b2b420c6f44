//! Passes a `#[route]` attribute through the phases.

use proc_macro2::{Span, TokenStream};

use crate::{errors::Errors, expand, fallback, handler::Handler, method::Method, model, parse};

/// Expands `#[route(…)]`, or a short form such as `#[get(…)]` where `short_form` is its method. The handler may have
/// further route attributes, which are expanded with the first.
pub(crate) fn expand(short_form: Option<Method>, args: TokenStream, item: TokenStream) -> TokenStream {
    let handler = match syn::parse2::<Handler>(item.clone()) {
        Ok(handler) => handler,
        Err(error) => {
            let mut tokens = error.into_compile_error();
            tokens.extend(item);
            return tokens;
        }
    };
    let mut errors = Errors::default();
    let mut attributes = vec![parse::attribute(short_form, args, Span::call_site(), &mut errors)];
    for further in &handler.further_routes {
        // A mistake in the signature is one mistake, however many attributes there are.
        attributes.push(parse::attribute(further.method, further.args.clone(), further.span, &mut errors));
    }
    let krate = expand::runtime_crate(&attributes);
    handler.check(&krate, &mut errors);
    let mut routes = Vec::new();
    for attribute in attributes {
        let mut found = Errors::default();
        routes.extend(model::Route::check(attribute, &handler, &mut found));
        errors.merge(found);
    }
    if errors.is_empty() {
        expand::routes(&routes, &handler, &krate)
    } else {
        fallback::broken_route(&handler, &krate, errors)
    }
}
