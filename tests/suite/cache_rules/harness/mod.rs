//! How rows are told, and run.

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

/// From the store, and fresh.
pub(super) const HIT: &str = "HIT";
/// The handler was asked, and what it says may be stored.
pub(super) const MISS: &str = "MISS";
/// From the store, and no longer fresh.
pub(super) const STALE: &str = "STALE";
/// The cache has no say in it.
pub(super) const BYPASS: &str = "BYPASS";
/// The handler was asked, whatever the cache calls that.
pub(super) const ASKED: &str = "MISS or BYPASS";

pub(super) const fn secs(secs: u64) -> std::time::Duration {
    std::time::Duration::from_secs(secs)
}
