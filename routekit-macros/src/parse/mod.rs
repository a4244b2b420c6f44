//! Tokens → spanned arguments.

mod attribute;
mod decimal;
mod families;
mod family;
mod group;
mod literal;
mod options;
mod path;
mod raw;
mod request_text;
mod tag;

pub(crate) use self::{
    attribute::{Arguments, attribute},
    family::Surroundings,
    group::{GroupArguments, group},
    options::Options,
    path::{Placeholder, Template, list_placeholders},
};
