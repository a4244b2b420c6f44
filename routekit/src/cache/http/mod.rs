//! HTTP caching: from a request to a response that is stored, fresh, stale, revalidated or fetched (RFC 9111).

pub(in crate::cache) mod body;
pub(in crate::cache) mod conditional;
pub(in crate::cache) mod directives;
pub(in crate::cache) mod fetch;
pub(in crate::cache) mod future;
pub(in crate::cache) mod groups;
pub(in crate::cache) mod headers;
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
pub(in crate::cache) mod status;
pub(in crate::cache) mod storable;
