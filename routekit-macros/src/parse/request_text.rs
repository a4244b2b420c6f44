//! `partition = path` and `key = path`: functions that derive a text from the head of a request.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{ExprPath, spanned::Spanned};

use super::raw::RawOption;
use crate::errors::Errors;

pub(super) fn function(item: &RawOption, errors: &mut Errors) -> Option<ExprPath> {
    let name = &item.name;
    item.value(&format!("`{name} = path::to::function`, the path of a `fn(&http::request::Parts) -> String`"), errors)
}

/// Spanned, so that a function with another signature is reported at its path.
pub(super) fn tokens(function: &ExprPath) -> TokenStream {
    quote_spanned!(function.span()=> __rt::RequestFunction::new(#function))
}
