//! How an app becomes a router.

pub(super) mod breakers;
pub(super) mod caching;
pub(super) mod check;
pub(super) mod mount;
