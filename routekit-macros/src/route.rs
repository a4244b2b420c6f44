//! Passes a `#[route]` attribute through the phases.

use proc_macro2::TokenStream;

use crate::{errors::Errors, expand, fallback, handler::Handler, method::Method, model, parse};

/// Expands `#[route(…)]`, or a short form such as `#[get(…)]` where `short_form` is its method.
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
    let args = parse::attribute(short_form, args, &mut errors);
    let krate = expand::runtime_crate(&args);
    match model::Route::check(args, &handler, &mut errors) {
        Some(route) if errors.is_empty() => expand::route(&route, &handler, &krate),
        _ => fallback::broken_route(&handler, &krate, errors),
    }
}
