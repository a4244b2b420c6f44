//! The parts of a request that concern the cache: whether it is looked up, its cache key, and the directives of its
//! client.

pub(in crate::cache) mod admission;
pub(in crate::cache) mod cache_request;
pub(in crate::cache) mod directives;
pub(in crate::cache) mod key;
pub(in crate::cache) mod outer_mark;
