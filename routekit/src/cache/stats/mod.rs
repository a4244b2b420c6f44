//! What a cache counts, and what it reports.

pub(in crate::cache) mod condition;
pub(in crate::cache) mod counters;
pub(in crate::cache) mod registry;
pub(in crate::cache) mod report;
