//! The app: the one place that knows everyone.
//!
//! 1. [`App`] (`builder`) gathers what the program says: which routes, what they depend on, hand-written routers.
//! 2. `environment` reads what the process is told.
//! 3. `mount` checks all of it, reports everything that is wrong at once, and builds the router. `recorder` chooses who keeps
//!    the metrics, `cache_metrics` brings them what the cache has counted; `observers` makes what watches each route. (`check`,
//!    `caching` and `hand_written` are parts of it.)
//! 4. `server` accepts connections and stops when told to; `announce` says where. `warm_up` fills the cache before that is ready.

mod announce;
mod breaker_metrics;
mod breaking;
mod builder;
mod cache_metrics;
mod caching;
mod check;
mod environment;
mod hand_written;
mod mount;
mod observers;
mod recorder;
mod server;
mod service;
mod table;
mod warm_up;

pub(crate) use self::mount::{AdminService, Mounted};
pub use self::{
    builder::App,
    service::{AppFuture, AppService},
    table::{RouteTable, TableRow},
    warm_up::{NotStored, WarmUpReport},
};
