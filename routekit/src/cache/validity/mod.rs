//! Which entries are still valid: the logical clock, tag numbers, bans, tags and patterns.

pub(in crate::cache) mod bans;
pub(in crate::cache) mod clock;
pub(in crate::cache) mod glob;
pub(in crate::cache) mod tag;
pub(in crate::cache) mod tag_table;
pub(in crate::cache) mod template;
