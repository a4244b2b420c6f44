//! Builds and runs rows.

mod handler;
mod row;
mod run;
mod step;
mod text;

pub(super) use self::{
    row::{Row, row},
    run::check,
    step::{Step, ask, get, head},
};

/// Served from the store, fresh.
pub(super) const HIT: &str = "HIT";
/// The handler ran, and its response may be stored.
pub(super) const MISS: &str = "MISS";
/// Served from the store, no longer fresh.
pub(super) const STALE: &str = "STALE";
/// The cache takes no part.
pub(super) const BYPASS: &str = "BYPASS";
/// The handler ran, whatever `X-Cache` says.
pub(super) const ASKED: &str = "MISS or BYPASS";

pub(super) const fn secs(secs: u64) -> std::time::Duration {
    std::time::Duration::from_secs(secs)
}
