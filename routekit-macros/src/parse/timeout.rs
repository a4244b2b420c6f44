//! `timeout = "2s"`

use super::{Family, literal::duration_ms};

pub(super) const FAMILY: Family = Family {
    names: &["timeout"],
    parse: |option, options, errors| {
        if let Some(literal) = option.value("`timeout = \"2s\"`", errors) {
            options.timeout_ms = duration_ms(&literal, errors);
        }
    },
};
