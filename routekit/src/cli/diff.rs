//! The command that compares two releases.

use std::{fs, path::Path};

use serde_json::json;

use super::output::{self, CommandOutcome};
use crate::{
    App, Error,
    manifest::{ChangeKind, Manifest, ManifestChange},
};

/// Prints what changes from one manifest to another, or to this program, and says whether a change is denied.
///
/// # Errors
/// Every problem of the app, if it is compared.
pub(super) fn diff(
    app: App,
    old: &Path,
    new: Option<&Path>,
    (deny, as_json): (&[ChangeKind], bool),
) -> Result<CommandOutcome, Error> {
    let (old, new) = match (read(old), new.map(read)) {
        (Ok(old), Some(Ok(new))) => (old, new),
        (Ok(old), None) => (old, app.table()?.manifest()),
        (old, new) => {
            old.err().into_iter().chain(new.and_then(Result::err)).for_each(|reason| output::complain(&reason));
            return Ok(CommandOutcome::WrongUsage);
        }
    };
    let changes = old.difference(&new);
    let printed = if as_json {
        output::print(&format_args!("{:#}", json!(changes)))
    } else if changes.is_empty() {
        output::print(&"no changes")
    } else {
        output::print(&changes.iter().map(|change| format!("{change}\n")).collect::<String>())
    };
    let denied = changes.iter().filter(|change| deny.contains(&change.kind)).count();
    if denied > 0 {
        output::complain(&format_args!("{}", summary(&changes, deny)));
        return Ok(CommandOutcome::Findings);
    }
    Ok(printed)
}

/// `denied: 1 removed, 2 loosened`
fn summary(changes: &[ManifestChange], deny: &[ChangeKind]) -> String {
    let count = |kind: ChangeKind| changes.iter().filter(|change| change.kind == kind).count();
    let denied = ChangeKind::ALL.into_iter().filter(|kind| deny.contains(kind));
    let counts = denied.map(|kind| (kind, count(kind))).filter(|&(_, count)| count > 0);
    format!("denied: {}", counts.map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", "))
}

fn read(file: &Path) -> Result<Manifest, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: cannot be read: {error}", file.display()))?;
    Manifest::parse(&text, file).map_err(|error| error.to_string())
}
