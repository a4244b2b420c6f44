//! `layer(expr)`: any tower layer, innermost of the policies.

use super::Family;

pub(super) const FAMILY: Family = Family {
    names: &["layer"],
    parse: |option, options, errors| options.layer = option.item("`layer(SomeLayer::new())`", errors),
};
