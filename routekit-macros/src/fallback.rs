//! The expansion of a wrong attribute: the function as written, and its carrier, so that neither a call of the function
//! nor `routes![function]` is a second error.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{errors::Errors, expand, handler::Handler};

pub(crate) fn broken_route(handler: &Handler, krate: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let function = &handler.item;
    if handler.sig.receiver().is_some() || handler.has_taken_name(krate) {
        // No type can be declared beside a method, nor with this name.
        return quote!(#errors #function);
    }
    let carrier = expand::carrier(handler, krate, &quote!(#krate::__private::Route::BROKEN));
    quote! {
        #errors
        #function
        #carrier
    }
}
