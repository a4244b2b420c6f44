//! `tags(…)`, `summary`, `operation_id`, `version`: for documentation and reports.

use syn::LitStr;

use super::{Family, RawOption};
use crate::errors::Errors;

pub(super) const FAMILY: Family = Family {
    names: &["tags", "summary", "operation_id", "version"],
    parse: |option, options, errors| match option.name.as_str() {
        "tags" => options.tags = option.strings("`tags(\"users\", \"admin\")`", errors),
        "summary" => options.summary = text(option, "`summary = \"List users\"`", errors),
        "operation_id" => options.operation_id = text(option, "`operation_id = \"listUsers\"`", errors),
        _ => options.version = text(option, "`version = \"2\"`", errors),
    },
    policy: |_| None,
};

fn text(option: &RawOption, usage: &str, errors: &mut Errors) -> Option<LitStr> {
    let text: LitStr = option.value(usage, errors)?;
    if text.value().trim().is_empty() {
        errors.push(text.span(), format!("`{}` is empty; write {usage}", option.name));
        return None;
    }
    Some(text)
}
