//! `layer(expr)`: any tower layer, the innermost of the policies.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Type};

use crate::{
    errors::Errors,
    parse::{family::Family, raw::RawOption},
};

/// The route's own layer.
#[derive(Default)]
pub(crate) struct OwnLayer {
    pub(crate) expression: Option<Expr>,
}

impl Family for OwnLayer {
    fn names(&self) -> &'static [&'static str] {
        &["layer"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        self.expression = option.item("`layer(SomeLayer::new())`", errors);
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        self.expression.as_ref().map(|_| quote!(.with_layered()))
    }
}
