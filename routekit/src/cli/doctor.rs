//! The command that checks the machine.

use super::output::{self, Outcome};
use crate::{App, app::Severity};

/// Prints a line for each check.
pub(super) async fn doctor(app: App, deny_warnings: bool) -> Outcome {
    let diagnoses = Box::pin(app.examine()).await;
    let lines: String = diagnoses.iter().map(|diagnosis| format!("{diagnosis}\n")).collect();
    let worst = diagnoses.iter().map(|diagnosis| diagnosis.severity).max().unwrap_or(Severity::Ok);
    match output::print(&lines) {
        Outcome::Done => Outcome::findings(worst == Severity::Problem || deny_warnings && worst == Severity::Warning),
        failed => failed,
    }
}
