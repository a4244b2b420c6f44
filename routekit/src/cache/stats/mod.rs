//! Counters and what is reported of them.

pub(in crate::cache) mod counters;
pub(in crate::cache) mod report;
