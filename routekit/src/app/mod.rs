//! An [`App`] collects routes, checks them all at start-up, and serves them.
//!
//! This module holds the related types: [`AppService`] is an app as a tower service, [`RouteTable`] lists its routes,
//! [`WarmUpReport`] is the result of a warm-up, and [`SetupProblem`] is the reason why an app cannot start.

// This is the only module that may use all others.
//
// 1. `App` (`builder`) collects the settings of the program in an `AppSpec` (`spec`). `environment` reads the
//    configuration of the process.
// 2. `stages` turns it into a `Mounted` app, or into a list of all problems: configure, declare, wire, check, assemble.
//    `declared` is a route with its policies, `hand_written` an axum router beside the routes. `metering` copies counts
//    to the metrics. `monitoring` raises alerts.
// 3. `finish` turns the app into a server, a router, a service, or a table of its routes (`table`).
// 4. `server` accepts connections until it is told to stop (`server/signal`), and `announce` logs the addresses.
//    `warm_up` fills the cache before the app is ready. `tls` holds the certificate of the main listener.
//    `monitoring` watches the app while it is served.
//    `shutdown_hook` and `background_work` are what a shutdown runs and waits for.
// 5. `doctor` checks the machine for the command line.

mod announce;
mod background_work;
mod builder;
mod declared;
#[cfg(feature = "cli")]
mod doctor;
mod documentation;
mod environment;
mod finish;
mod hand_written;
mod metering;
mod monitoring;
mod mounted;
mod redis;
mod rules_and_board;
mod server;
mod service;
mod shutdown_hook;
mod spec;
mod stages;
mod stopping;
mod table;
mod tls;
mod warm_up;

pub(crate) use self::mounted::{AdminService, Mounted};
pub use self::{
    builder::App,
    service::{AppFuture, AppService},
    shutdown_hook::HookOutput,
    table::{RouteTable, TableRow},
    warm_up::{NotStored, WarmUpReport},
};
#[cfg(feature = "cli")]
pub(crate) use self::{doctor::DiagnosisLevel, table::Listed};
pub use crate::base::setup_problem::SetupProblem;
