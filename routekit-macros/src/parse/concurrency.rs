//! `concurrency = 64`

use quote::quote;

use super::{Family, literal::positive_count};

pub(super) const FAMILY: Family = Family {
    names: &["concurrency"],
    parse: |option, options, errors| {
        const ZERO: &str = "no request would be answered; write how many may be at a time, or leave `concurrency` out";
        if let Some(literal) = option.value("`concurrency = 64`", errors) {
            options.concurrency = positive_count(&literal, ZERO, errors);
        }
    },
    policy: |options| options.concurrency.map(|requests| quote!(.with_concurrency(#requests))),
};
