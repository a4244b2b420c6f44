//! Passes `group! { … }` through the phases.

use proc_macro2::TokenStream;

use crate::{errors::Errors, expand, parse};

/// Expands `group! { … }` to an item that registers the defaults of its module.
pub(crate) fn expand(arguments: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let group = parse::group(arguments, &mut errors);
    if errors.is_empty() { expand::group(&group) } else { errors.into_tokens() }
}
