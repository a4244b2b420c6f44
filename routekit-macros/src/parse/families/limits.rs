//! `timeout = "2s", slow = "1s", body_limit = "64KiB", concurrency = 64`

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use crate::{
    errors::Errors,
    parse::{
        family::Family,
        literal::{duration_ms, positive_count, size_bytes},
        raw::RawOption,
    },
};

/// Limits of time, size and number.
#[derive(Default)]
pub(crate) struct Limits {
    timeout_ms: Option<u64>,
    slow_ms: Option<u64>,
    body_limit: Option<u64>,
    concurrency: Option<u32>,
}

impl Family for Limits {
    fn names(&self) -> &'static [&'static str] {
        &["body_limit", "concurrency", "slow", "timeout"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        match option.name.as_str() {
            "body_limit" => {
                let literal = option.value("`body_limit = \"64KiB\"`", errors);
                self.body_limit = literal.and_then(|literal| size_bytes(&literal, errors));
            }
            "concurrency" => {
                const ZERO: &str = "the route would refuse every request; write how many requests may run at a time, \
                                    or leave `concurrency` out";
                let literal = option.value("`concurrency = 64`", errors);
                self.concurrency = literal.and_then(|literal| positive_count(&literal, ZERO, errors));
            }
            "slow" => {
                let literal = option.value("`slow = \"1s\"`", errors);
                self.slow_ms = literal.and_then(|literal| duration_ms(&literal, errors));
            }
            _ => {
                let literal = option.value("`timeout = \"2s\"`", errors);
                self.timeout_ms = literal.and_then(|literal| duration_ms(&literal, errors));
            }
        }
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        let body_limit = self.body_limit.map(|bytes| quote!(.with_body_limit(#bytes)));
        let concurrency = self.concurrency.map(|requests| quote!(.with_concurrency(#requests)));
        let slow = self.slow_ms.map(|ms| quote!(.with_slow(::core::time::Duration::from_millis(#ms))));
        let timeout = self.timeout_ms.map(|ms| quote!(.with_timeout(::core::time::Duration::from_millis(#ms))));
        Some(quote!(#body_limit #concurrency #slow #timeout))
    }
}
