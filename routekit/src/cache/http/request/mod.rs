//! What the cache reads of a request.

pub(in crate::cache) mod cache_request;
pub(in crate::cache) mod directives;
