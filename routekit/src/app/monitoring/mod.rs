//! What watches an app while it is served.

pub(super) mod system;
