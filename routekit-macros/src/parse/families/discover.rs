//! `discover = false`: only an app that lists the route has it.

use syn::LitBool;

use crate::{
    errors::Errors,
    parse::{family::Family, raw::RawOption},
};

/// Whether `App::discover` finds the route.
#[derive(Default)]
pub(crate) struct Discovery {
    pub(crate) is_off: bool,
}

impl Family for Discovery {
    fn names(&self) -> &'static [&'static str] {
        &["discover"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let Some(value) = option.value::<LitBool>("`discover = false`", errors) else { return };
        if value.value {
            errors.push(value.span, "every route is discovered unless it says `discover = false`; leave it out");
        }
        self.is_off = !value.value;
    }
}
