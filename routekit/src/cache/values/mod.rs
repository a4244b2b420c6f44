//! Values that programs keep, in the cache of the answers.
//!
//! 1. A value is kept as JSON or MessagePack, compressed (Zstandard, RFC 8878) where it is longer than the cache's
//!    [`compression_threshold`](super::CacheBuilder::compression_threshold) and that makes it smaller. What is kept says which it is.
//! 2. Its key is whatever text the program writes, within the partition of the handle, and behind the cache's
//!    [`key_prefix`](super::CacheBuilder::key_prefix). A key that is too long is stored by its SHA-256, and compared whole when it is read.
//! 3. It is invalidated as answers are: by its key, by tags, which it shares with routes, and by patterns over its key as it is written.
//!    So `/users/*` is about answers for such paths and about values whose keys are spelt so; `user:*` can only be about values.
//! 4. It never is an answer: no request has its key.

mod access;
mod error;
mod fill;
mod name;
mod options;
mod settings;
mod slot;
mod stored;
mod zstd;

pub(super) use self::settings::{Settings, Values};
pub use self::{
    error::{DecodeError, EncodeError, ValueError},
    options::{CacheOptions, Format},
};
