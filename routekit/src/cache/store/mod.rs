//! The store: its contract, the embedded implementation, entries and cache keys.

pub(in crate::cache) mod aged_headers;
pub(in crate::cache) mod contract;
pub(in crate::cache) mod embedded;
pub(in crate::cache) mod entry;
pub(in crate::cache) mod hex;
pub(in crate::cache) mod identity_hasher;
pub(in crate::cache) mod key;
pub(in crate::cache) mod recent;
pub(in crate::cache) mod snapshot;
