//! HTTP caching (RFC 9111): a stored response answers a request, or the handler does, and its response is stored.
//!
//! In the order of a request:
//! - [`layer`] and [`service`] are the tower side. The service answers plain hits itself.
//! - [`request`] decides whether a request uses the cache, and builds the key.
//! - [`serve`] looks up, waits for other requests, and calls the handler if necessary.
//! - [`reuse`] decides whether a stored response satisfies the request: fresh, stale or in place of a failure.
//! - [`fetch`] calls the handler, with the validators of a stale response ([`revalidate`]), and stores the response if
//!   [`storable`] allows it ([`build_entry`], [`outgoing`]).
//! - [`conditional`] shortens a response to 304.

pub(in crate::cache) mod build_entry;
pub(in crate::cache) mod conditional;
pub(in crate::cache) mod fetch;
pub(in crate::cache) mod layer;
pub(in crate::cache) mod outgoing;
pub(in crate::cache) mod policy;
pub(in crate::cache) mod replay;
pub(in crate::cache) mod request;
pub(in crate::cache) mod response_parts;
pub(in crate::cache) mod reuse;
pub(in crate::cache) mod revalidate;
pub(in crate::cache) mod serve;
pub(in crate::cache) mod service;
pub(in crate::cache) mod storable;
