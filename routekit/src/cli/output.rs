//! Where commands write, and how they end.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandOutcome {
    Done,
    /// What it looked for was found: problems of the app, or what an option denies.
    Findings,
    /// It was called wrongly.
    WrongUsage,
}

impl From<CommandOutcome> for ExitCode {
    fn from(outcome: CommandOutcome) -> Self {
        match outcome {
            CommandOutcome::Done => Self::SUCCESS,
            CommandOutcome::Findings => Self::from(1),
            CommandOutcome::WrongUsage => Self::from(2),
        }
    }
}

impl CommandOutcome {
    /// Findings, if there are some.
    pub(super) fn findings(some: bool) -> Self {
        if some { Self::Findings } else { Self::Done }
    }
}

/// Prints what was asked for. A reader that has read enough, such as `head`, closes the pipe; that is no error.
pub(super) fn print(text: &dyn fmt::Display) -> CommandOutcome {
    let text = text.to_string();
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    match write!(io::stdout().lock(), "{text}{end}").and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            complain(&format_args!("cannot write to standard output: {error}"));
            CommandOutcome::Findings
        }
        _ => CommandOutcome::Done,
    }
}

/// Prints what went wrong. If nothing can be printed, the exit status still says it.
pub(super) fn complain(text: &dyn fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints warnings, and says whether there are some.
pub(super) fn warn(warnings: &[String]) -> bool {
    warnings.iter().for_each(|warning| complain(&format_args!("warning: {warning}")));
    !warnings.is_empty()
}
