//! `stale_while_revalidate = 30, stale_if_error = "5m"`

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    errors::Errors,
    parse::{literal::optional_duration_ms, raw::RawOption},
};

/// How long stale responses are served.
#[derive(Default)]
pub(super) struct Stale {
    while_revalidate_ms: Option<u64>,
    if_error_ms: Option<u64>,
}

impl Stale {
    pub(super) fn while_revalidate(&mut self, item: &RawOption, errors: &mut Errors) {
        const WITHOUT: &str = "clients wait for a fresh response";
        let literal = item.value("`stale_while_revalidate = 30` or `stale_while_revalidate = \"30s\"`", errors);
        self.while_revalidate_ms =
            literal.and_then(|literal| optional_duration_ms(&literal, &item.name, WITHOUT, errors));
    }

    pub(super) fn if_error(&mut self, item: &RawOption, errors: &mut Errors) {
        const WITHOUT: &str = "clients receive the failure";
        let literal = item.value("`stale_if_error = 300` or `stale_if_error = \"5m\"`", errors);
        self.if_error_ms = literal.and_then(|literal| optional_duration_ms(&literal, &item.name, WITHOUT, errors));
    }

    /// Calls of the runtime's `CachePolicy`.
    pub(super) fn policy(&self) -> TokenStream {
        let while_revalidate = self
            .while_revalidate_ms
            .map(|ms| quote!(.with_stale_while_revalidate(::core::time::Duration::from_millis(#ms))));
        let if_error =
            self.if_error_ms.map(|ms| quote!(.with_stale_if_error(::core::time::Duration::from_millis(#ms))));
        quote!(#while_revalidate #if_error)
    }
}
