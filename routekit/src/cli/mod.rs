//! The command line of a program: its sub-commands print what an app says about itself, and check it, without serving.
//!
//! [`App::run`](crate::App::run) reads the arguments of the process:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use routekit::App;
//!
//! #[tokio::main]
//! async fn main() -> Result<ExitCode, routekit::Error> {
//!     routekit::telemetry::init()?;
//!     Ok(App::discover().run().await)
//! }
//! ```
//!
//! | command | |
//! | --- | --- |
//! | `serve` | serves the app, as [`App::serve`](crate::App::serve) does; also without a command |
//! | `routes` | lists the routes with their policies |
//! | `explain "GET /users"` | explains how a request to one route is processed |
//! | `check` | checks the app as a start does, and lists its warnings |
//! | `openapi` | prints the [OpenAPI document](crate::openapi) |
//! | `rules` | prints the [rules for Prometheus](crate::prometheus) |
//! | `dashboard` | prints the [dashboard for Grafana](crate::grafana) |
//! | `manifest` | prints the [manifest](crate::manifest) |
//! | `diff OLD [NEW]` | compares two manifests, or one with this program |
//! | `doctor` | checks the machine: addresses, open files, Redis, time, and the app's health checks |
//! | `completions SHELL` | prints a completion script |
//!
//! 1. Only `serve` opens a port. All commands read the configuration as `serve` does, except `diff` with two files.
//! 2. The exit status is 0, 1 for what a command has found (problems of the app, denied changes or warnings), and 2 for
//!    wrong usage, such as an unknown command or a file that is no manifest.
//! 3. What was asked for goes to standard output, and everything else to standard error. Logs that the program writes
//!    to standard output before it calls `run` mix with it.
//! 4. `main` runs up to `run` for every command. Connect lazily to what only `serve` needs, or ask [`Cli::is_serve`]
//!    first.
//! 5. A program with a command line of its own calls [`App::serve`](crate::App::serve), and can have these commands
//!    beside its own: [`Command`] is a `clap::Subcommand`.

mod arguments;
mod describe;
mod diff;
mod doctor;
mod output;
mod routes;
mod run;

pub use self::arguments::{Cli, Command};
