//! `state = Type` and `crate = path`: what the generated code is written against.

use super::Family;

pub(super) const FAMILY: Family = Family {
    names: &["state"],
    parse: |option, options, errors| options.state = option.value("`state = AppState`", errors),
    policy: |_| None,
};

pub(super) const CRATE: Family = Family {
    names: &["crate"],
    parse: |option, options, errors| options.krate = option.value("`crate = some::path::routekit`", errors),
    policy: |_| None,
};
