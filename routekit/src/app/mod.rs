//! The app: the one place that knows everyone.
//!
//! 1. [`App`] (`builder`) gathers what the program says: which routes, what they depend on, hand-written routers.
//! 2. `mount` checks all of it, reports everything that is wrong at once, and builds the router.
//! 3. `server` accepts connections and stops when told to; `config` reads the environment.

mod builder;
mod config;
mod hand_written;
mod mount;
mod server;
mod signal;
mod table;

pub(crate) use self::mount::Mounted;
pub use self::{
    builder::App,
    table::{RouteTable, TableRow},
};
