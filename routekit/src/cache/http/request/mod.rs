//! The parts of a request that concern the cache: whether it is looked up, its cache key, the directives of its client,
//! and its copy for a second call of the handler.

pub(in crate::cache) mod admission;
pub(in crate::cache) mod cache_request;
pub(in crate::cache) mod copy_request;
pub(in crate::cache) mod directives;
pub(in crate::cache) mod key;
pub(in crate::cache) mod outer_mark;
