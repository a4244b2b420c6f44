//! Values of programs, stored in the same cache as responses.
//!
//! 1. A value is serialised as JSON, or as MessagePack with the feature `cache-messagepack`. With the feature
//!    `cache-compression` it is compressed (Zstandard, RFC 8878) if it is longer than the cache's
//!    [`compression_threshold`](super::CacheBuilder::compression_threshold) and compression makes it smaller. The
//!    stored bytes name their format.
//! 2. A key is any text, within the partition of the handle and after the cache's
//!    [`key_prefix`](super::CacheBuilder::key_prefix). A key that is too long is stored as its SHA-256, and compared in
//!    full when it is read.
//! 3. A value is invalidated like a response: by its key, by tags, which it shares with routes, and by patterns over
//!    its key as the program writes it. So `/users/*` covers responses for such paths and values with such keys. No
//!    path begins with `user:`, so `user:*` covers only values.
//! 4. No request has the key of a value.

mod access;
#[cfg(feature = "cache-compression")]
mod compression;
mod error;
mod fill;
mod fill_alone;
mod key;
mod options;
mod packed;
mod slot;

pub use self::{
    error::{DecodeError, EncodeError, ValueError},
    options::{CacheOptions, Format},
};
