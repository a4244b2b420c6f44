//! `slow = "1s"`

use quote::quote;

use super::{Family, literal::duration_ms};

pub(super) const FAMILY: Family = Family {
    names: &["slow"],
    parse: |option, options, errors| {
        if let Some(literal) = option.value("`slow = \"1s\"`", errors) {
            options.slow_ms = duration_ms(&literal, errors);
        }
    },
    policy: |options| options.slow_ms.map(|ms| quote!(.with_slow(::core::time::Duration::from_millis(#ms)))),
};
