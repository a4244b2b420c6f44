//! `state = Type` and `crate = path`: the types and paths that generated code refers to.

use syn::{Path, Type, spanned::Spanned};

use crate::{
    errors::Errors,
    parse::{
        family::{Family, Surroundings},
        raw::RawOption,
    },
    types::{first_type_argument, peeled_name, type_text},
};

/// What generated code refers to.
#[derive(Default)]
pub(crate) struct Target {
    pub(crate) state: Option<Type>,
    pub(crate) krate: Option<Path>,
    /// Set even if the type could not be read.
    has_state: bool,
}

impl Family for Target {
    fn names(&self) -> &'static [&'static str] {
        &["crate", "state"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        if option.name == "crate" {
            self.krate = option.value("`crate = some::path::routekit`", errors);
        } else {
            self.has_state = true;
            self.state = option.value("`state = AppState`", errors);
        }
    }

    /// `State<T>` needs the option.
    fn check(&self, route: &Surroundings<'_>, errors: &mut Errors) {
        if self.has_state {
            return;
        }
        for ty in &route.arguments {
            if peeled_name(ty).as_deref() == Some("State") {
                let inner = first_type_argument(ty).map_or_else(|| "T".to_owned(), type_text);
                errors.push(
                    ty.span(),
                    format!(
                        "`State<{inner}>` needs `state = {inner}` in the attribute; or take `Dep<{inner}>`, which \
                         `App::provide` provides"
                    ),
                );
            }
        }
    }
}
