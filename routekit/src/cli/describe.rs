//! The commands that print documents about the app.

use super::output::{self, CommandOutcome};
use crate::app::RouteTable;

/// Prints the OpenAPI document, and its warnings to standard error.
pub(super) fn openapi(table: &RouteTable, version: Option<&str>, deny_warnings: bool) -> CommandOutcome {
    let document = match version {
        None => table.openapi(),
        Some(version) => match table.openapi_of(version) {
            Some(document) => document,
            None => {
                let versions = table.versions();
                let known = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
                output::complain(&format_args!("no route has the version `{version}`; versions: {known}"));
                return CommandOutcome::WrongUsage;
            }
        },
    };
    let has_warnings = output::warn(document.warnings());
    match output::print(&document) {
        CommandOutcome::Done => CommandOutcome::findings(deny_warnings && has_warnings),
        failed => failed,
    }
}

/// Prints the rules for Prometheus, of all jobs or of one.
pub(super) fn rules(table: &RouteTable, job: Option<&str>) -> CommandOutcome {
    match job {
        Some(job) => output::print(&table.prometheus_rules_of_job(job)),
        None => output::print(&table.prometheus_rules()),
    }
}
