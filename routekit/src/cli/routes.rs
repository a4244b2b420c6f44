//! The commands about routes and their policies.

use serde_json::json;

use super::output::{self, CommandOutcome};
use crate::{
    app::{Listed, RouteTable, TableRow},
    policy::Explanation,
};

/// Lists the routes whose method and path contain a text.
pub(super) fn list(table: &RouteTable, filter: Option<&str>, as_json: bool) -> CommandOutcome {
    let rows: Vec<&TableRow> = table
        .rows()
        .iter()
        .filter(|row| filter.is_none_or(|text| format!("{} {}", row.meta.method(), row.path).contains(text)))
        .collect();
    if let (Some(filter), true) = (filter, rows.is_empty()) {
        output::complain(&format_args!("no route has `{filter}` in its method and path"));
        return CommandOutcome::Findings;
    }
    if as_json {
        let explanations: Vec<_> = rows.iter().map(|row| table.explanation(row)).collect();
        output::print(&format_args!("{:#}", json!(explanations)))
    } else {
        output::print(&Listed(&rows))
    }
}

/// Explains one route, or all routes of a path.
pub(super) fn explain(table: &RouteTable, route: &str, as_json: bool) -> CommandOutcome {
    let found = match route.split_once(' ') {
        Some((method, path)) => {
            let route = format!("{} {}", method.to_ascii_uppercase(), path.trim());
            table.find(&route, "the argument").map(|explanation| vec![explanation])
        }
        None => {
            let rows = table.rows().iter().filter(|row| row.path == route);
            let found: Vec<Explanation> = rows.map(|row| table.explanation(row)).collect();
            // The problem names the nearest route.
            if found.is_empty() {
                table.find(&format!("GET {route}"), "the argument").map(|one| vec![one])
            } else {
                Ok(found)
            }
        }
    };
    match found {
        Ok(found) if as_json => output::print(&format_args!("{:#}", json!(found))),
        Ok(found) => output::print(&found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        Err(problem) => {
            output::complain(&format_args!("{problem}\n`routes` lists all routes"));
            CommandOutcome::WrongUsage
        }
    }
}

/// Says that an app has no problems, because it has a table, and which warnings.
pub(super) fn check(table: &RouteTable, deny_warnings: bool) -> CommandOutcome {
    let has_warnings = output::warn(table.warnings());
    let count = table.rows().len();
    let routes = if count == 1 { "route" } else { "routes" };
    match output::print(&format_args!("{count} {routes} without problems: {}", table.summary())) {
        CommandOutcome::Done => CommandOutcome::findings(deny_warnings && has_warnings),
        failed => failed,
    }
}
