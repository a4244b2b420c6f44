//! Metrics of an app: which recorder keeps them, and which sources feed it.

pub(super) mod cache;
pub(super) mod guards;
pub(super) mod observers;
pub(super) mod recorder;
