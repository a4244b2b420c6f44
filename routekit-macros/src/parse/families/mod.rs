//! The families of options, one file each.

pub(super) mod alert;
pub(super) mod auth;
pub(super) mod breaker;
pub(super) mod cache;
pub(super) mod deprecated;
pub(super) mod discover;
pub(super) mod docs;
pub(super) mod idempotent;
pub(super) mod invalidates;
pub(super) mod layer;
pub(super) mod limits;
pub(super) mod rate_limit;
pub(super) mod slo;
pub(super) mod state;
