//! `timeout = "2s"`

use quote::quote;

use super::{Family, literal::duration_ms};

pub(super) const FAMILY: Family = Family {
    names: &["timeout"],
    parse: |option, options, errors| {
        if let Some(literal) = option.value("`timeout = \"2s\"`", errors) {
            options.timeout_ms = duration_ms(&literal, errors);
        }
    },
    policy: |options| options.timeout_ms.map(|ms| quote!(.with_timeout(::core::time::Duration::from_millis(#ms)))),
};
