//! `tags(…)`, `summary`, `operation_id`, `version`: for documentation and reports.

use super::{Family, literal::text};

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
