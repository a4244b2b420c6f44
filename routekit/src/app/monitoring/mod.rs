//! What watches an app while it is served.

pub(super) mod statistics;
pub(super) mod system;
