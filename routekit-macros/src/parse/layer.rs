//! `layer(expr)`: any tower layer, innermost of the policies.

use quote::quote;

use super::Family;

pub(super) const FAMILY: Family = Family {
    names: &["layer"],
    parse: |option, options, errors| options.layer = option.item("`layer(SomeLayer::new())`", errors),
    policy: |options| options.layer.as_ref().map(|_| quote!(.with_layered())),
};
