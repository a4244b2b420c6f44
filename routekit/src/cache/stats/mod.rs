//! The counters of a cache, and its report.

pub(in crate::cache) mod condition;
pub(in crate::cache) mod counters;
pub(in crate::cache) mod registry;
pub(in crate::cache) mod report;
