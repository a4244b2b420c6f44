//! The commands and their arguments. The texts are those of `--help`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::manifest::ChangeKind;

/// The command line of an app.
///
/// ```no_run
/// # use std::process::ExitCode;
/// use routekit::{App, cli::Cli};
///
/// # async fn connect() {}
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     let cli = Cli::of_process();
///     if cli.is_serve() {
///         connect().await;
///     }
///     cli.run(App::discover()).await
/// }
/// ```
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true, long_about = None)]
#[command(about = "Serves the app, or prints what it says about itself")]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<AnyCommand>,
}

/// [`Command`], and the one that needs the whole command line.
#[derive(Debug, Subcommand)]
pub(super) enum AnyCommand {
    #[command(flatten)]
    Own(Command),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// A command of an app.
///
/// A program with a command line of its own can flatten it into its commands:
///
/// ```
/// use clap::{Parser, Subcommand};
/// use routekit::cli::Command;
///
/// #[derive(Parser)]
/// struct Arguments {
///     #[command(subcommand)]
///     command: Commands,
/// }
///
/// #[derive(Subcommand)]
/// enum Commands {
///     /// Move the database to the current schema
///     Migrate,
///     #[command(flatten)]
///     App(Command),
/// }
///
/// let arguments = Arguments::parse_from(["program", "explain", "GET /users"]);
/// assert!(matches!(arguments.command, Commands::App(Command::Explain { .. })));
/// ```
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Serve the app
    #[non_exhaustive]
    Serve {
        /// The address to listen on, in place of the configured one
        #[arg(long, value_name = "ADDRESS")]
        addr: Option<SocketAddr>,
    },
    /// List the routes with their policies
    #[non_exhaustive]
    Routes {
        /// Only routes with this text in their method and path
        filter: Option<String>,
        /// As JSON, with the origin of each setting
        #[arg(long)]
        json: bool,
    },
    /// Explain how a request to a route is processed
    #[non_exhaustive]
    Explain {
        /// The method and the path: "GET /users/{id}"
        route: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the app as a start does, without opening a port
    #[non_exhaustive]
    Check {
        /// Exit with 1 if there are warnings
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Print the OpenAPI document
    #[non_exhaustive]
    Openapi {
        /// Only the routes of this version of the API, and those without a version
        #[arg(long, value_name = "VERSION")]
        api_version: Option<String>,
        /// Exit with 1 if there are warnings, such as a type without a schema
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Print the rules for Prometheus: recordings and alerts
    #[non_exhaustive]
    Rules {
        /// The value of the label `job` in Prometheus, if several jobs have routes of the same names
        #[arg(long)]
        job: Option<String>,
    },
    /// Print a dashboard for Grafana
    #[non_exhaustive]
    Dashboard,
    /// Print the manifest: the routes, their policies and the OpenAPI document
    #[non_exhaustive]
    Manifest,
    /// Print what changes from one manifest to another
    #[non_exhaustive]
    Diff {
        /// The manifest of the old release
        old: PathBuf,
        /// The manifest of the new release; this program if it is left out
        new: Option<PathBuf>,
        /// Exit with 1 if there are changes of these kinds: removed, breaking, loosened, tightened, changed, added,
        /// compatible
        #[arg(long, value_name = "KINDS", value_delimiter = ',')]
        deny: Vec<ChangeKind>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the machine: addresses, open files, Redis, time, and the app's health checks
    #[non_exhaustive]
    Doctor {
        /// Exit with 1 if there are warnings
        #[arg(long)]
        deny_warnings: bool,
    },
}
