//! `body_limit = "64KiB"`

use quote::quote;

use super::{Family, literal::size_bytes};

pub(super) const FAMILY: Family = Family {
    names: &["body_limit"],
    parse: |option, options, errors| {
        if let Some(literal) = option.value("`body_limit = \"64KiB\"`", errors) {
            options.body_limit = size_bytes(&literal, errors);
        }
    },
    policy: |options| options.body_limit.map(|bytes| quote!(.with_body_limit(#bytes))),
};
