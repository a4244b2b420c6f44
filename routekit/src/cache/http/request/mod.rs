//! What the cache reads of a request: whether it takes part, the cache key, and what the client asks of the cache.

pub(in crate::cache) mod admission;
pub(in crate::cache) mod cache_request;
pub(in crate::cache) mod directives;
pub(in crate::cache) mod key;
pub(in crate::cache) mod outer_mark;
