//! The store: its contract, the embedded implementation, entries and cache keys.

pub(in crate::cache) mod aged_headers;
pub(in crate::cache) mod buffered_response;
pub(in crate::cache) mod claim;
pub(in crate::cache) mod compressed;
pub(in crate::cache) mod contract;
pub(in crate::cache) mod embedded;
pub(in crate::cache) mod entry;
pub(in crate::cache) mod hex;
pub(in crate::cache) mod hot_page;
pub(in crate::cache) mod key;
pub(in crate::cache) mod lifetime;
pub(in crate::cache) mod lookup_result;
pub(in crate::cache) mod parts;
pub(in crate::cache) mod request_key;
pub(in crate::cache) mod stored_response;
pub(in crate::cache) mod variants;
