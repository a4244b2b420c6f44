//! The validity of entries: the logical clock, tags and their numbers, patterns and bans.

pub(in crate::cache) mod beginnings;
pub(in crate::cache) mod cached_paths;
pub(in crate::cache) mod glob;
pub(in crate::cache) mod identity_hasher;
pub(in crate::cache) mod key_text;
pub(in crate::cache) mod logical_clock;
pub(in crate::cache) mod pattern_bans;
pub(in crate::cache) mod provenance;
pub(in crate::cache) mod stamp;
pub(in crate::cache) mod tag;
pub(in crate::cache) mod tag_table;
pub(in crate::cache) mod target;
pub(in crate::cache) mod template;
