//! `layer(expr)`: any tower layer, innermost of the policies.

use super::Family;

pub(super) const FAMILY: Family = Family {
    names: &["layer"],
    parse: |option, options, errors| {
        let usage = "`layer(SomeLayer::new())`";
        if let Some(tokens) = option.list(usage, errors) {
            match syn::parse2(tokens) {
                Ok(layer) => options.layer = Some(layer),
                Err(error) => errors.push(option.span, format!("{error}; `layer` is written {usage}")),
            }
        }
    },
};
