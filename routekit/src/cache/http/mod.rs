//! HTTP caching (RFC 9111): a stored response answers a request, or the handler does, and its response is stored.
//!
//! In the order of a request:
//! - [`layer`] and [`service`] are the tower side, and [`future`] is the future of a request.
//! - [`request`] decides whether a request uses the cache, and builds the key.
//! - [`hit`] looks up, and answers the plain hit.
//! - [`miss`] answers the other requests: it waits for another request, or calls the handler if necessary.
//! - [`reuse`] decides whether a stored response satisfies the request: fresh, stale or in place of a failure.
//! - [`fetch`] calls the handler, and stores the response if it is storable ([`response`], [`build_entry`]).

pub(in crate::cache) mod build_entry;
pub(in crate::cache) mod fetch;
pub(in crate::cache) mod future;
pub(in crate::cache) mod hit;
pub(in crate::cache) mod layer;
pub(in crate::cache) mod miss;
pub(in crate::cache) mod policy;
pub(in crate::cache) mod request;
pub(in crate::cache) mod response;
pub(in crate::cache) mod reuse;
pub(in crate::cache) mod service;
