//! `tags(…)`, `summary`, `operation_id`, `version`: for documentation and reports.

use syn::LitStr;

use crate::{
    errors::Errors,
    parse::{family::Family, literal::text, raw::RawOption},
};

/// The documentation of the route.
#[derive(Default)]
pub(crate) struct Docs {
    pub(crate) tags: Vec<LitStr>,
    pub(crate) summary: Option<LitStr>,
    pub(crate) operation_id: Option<LitStr>,
    pub(crate) version: Option<LitStr>,
}

impl Family for Docs {
    fn names(&self) -> &'static [&'static str] {
        &["operation_id", "summary", "tags", "version"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        match option.name.as_str() {
            "tags" => self.tags = option.strings("`tags(\"users\", \"admin\")`", errors),
            "summary" => self.summary = text(option, "`summary = \"List users\"`", errors),
            "operation_id" => self.operation_id = text(option, "`operation_id = \"listUsers\"`", errors),
            _ => self.version = text(option, "`version = \"2\"`", errors),
        }
    }
}
