//! The command that checks the machine.

use super::output::{self, CommandOutcome};
use crate::{App, app::DiagnosisLevel};

/// Prints a line for each check.
pub(super) async fn doctor(app: App, deny_warnings: bool) -> CommandOutcome {
    let diagnoses = Box::pin(app.examine()).await;
    let lines: String = diagnoses.iter().map(|diagnosis| format!("{diagnosis}\n")).collect();
    let worst = diagnoses.iter().map(|diagnosis| diagnosis.severity).max().unwrap_or(DiagnosisLevel::Ok);
    match output::print(&lines) {
        CommandOutcome::Done => CommandOutcome::findings(
            worst == DiagnosisLevel::Problem || deny_warnings && worst == DiagnosisLevel::Warning,
        ),
        failed => failed,
    }
}
