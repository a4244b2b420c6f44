//! From the arguments of the process to its exit status.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::{
    arguments::{AnyCommand, Cli, Command},
    describe,
    diff::diff,
    doctor::doctor,
    output::{self, CommandOutcome},
    routes,
};
use crate::App;

impl App {
    /// Runs the [command](crate::cli) that the arguments of the process name. Without one, it
    /// [serves](Self::serve) the app.
    ///
    /// Problems are printed to standard error. See [`cli`](crate::cli) for the exit status, and
    /// [`Command`] for programs with a command line of their own.
    pub async fn run(self) -> ExitCode {
        match Cli::try_parse() {
            Ok(cli) => cli.run(self).await,
            Err(error) => {
                let outcome = if error.use_stderr() { CommandOutcome::WrongUsage } else { CommandOutcome::Done };
                // `--help` and its like are no errors. A closed pipe is none either.
                let _ = error.print();
                outcome.into()
            }
        }
    }
}

impl Cli {
    /// Reads the arguments of the process. Wrong ones end it with the status 2, and `--help` with 0.
    #[must_use]
    pub fn of_process() -> Self {
        Self::parse()
    }

    /// Returns whether the app is to be served.
    #[must_use]
    pub fn is_serve(&self) -> bool {
        matches!(self.command, None | Some(AnyCommand::Own(Command::Serve { .. })))
    }

    /// Runs the command.
    pub async fn run(self, app: App) -> ExitCode {
        match self.command {
            Some(AnyCommand::Own(command)) => command.run(app).await,
            Some(AnyCommand::Completions { shell }) => {
                let mut command = Self::command();
                let name = program_name().unwrap_or_else(|| command.get_name().to_owned());
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command, name, &mut script);
                output::print(&String::from_utf8_lossy(&script)).into()
            }
            None => Command::Serve { addr: None }.run(app).await,
        }
    }
}

impl Command {
    /// Runs the command with this app.
    pub async fn run(self, app: App) -> ExitCode {
        let outcome = match self {
            // Boxed, because the future of a served app is large.
            Self::Serve { addr } => {
                let app = if let Some(addr) = addr { app.addr(addr) } else { app };
                Box::pin(app.serve()).await.map(|()| CommandOutcome::Done)
            }
            Self::Routes { filter, json } => app.table().map(|table| routes::list(&table, filter.as_deref(), json)),
            Self::Explain { route, json } => app.table().map(|table| routes::explain(&table, &route, json)),
            Self::Check { deny_warnings } => app.table().map(|table| routes::check(&table, deny_warnings)),
            Self::Openapi { api_version, deny_warnings } => {
                app.table().map(|table| describe::openapi(&table, api_version.as_deref(), deny_warnings))
            }
            Self::Rules { job } => app.table().map(|table| describe::rules(&table, job.as_deref())),
            Self::Dashboard => app.table().map(|table| output::print(&format_args!("{:#}", table.grafana_dashboard()))),
            Self::Manifest => app.table().map(|table| output::print(&table.manifest())),
            Self::Diff { old, new, deny, json } => diff(app, &old, new.as_deref(), (&deny, json)),
            Self::Doctor { deny_warnings } => Ok(doctor(app, deny_warnings).await),
        };
        let outcome = outcome.unwrap_or_else(|error| {
            // As a `main` that returns the error prints it.
            output::complain(&format_args!("Error: {error}"));
            CommandOutcome::Findings
        });
        outcome.into()
    }
}

/// The name by which the program was called.
fn program_name() -> Option<String> {
    let path = std::env::args_os().next()?;
    std::path::Path::new(&path).file_name()?.to_str().map(str::to_owned)
}
