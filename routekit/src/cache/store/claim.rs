//! The outcome of a claim.

use bytes::Bytes;

/// The outcome of [`CacheStore::claim`](super::contract::CacheStore::claim).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimOutcome {
    /// The key had no record, and has that of the caller.
    Won,
    /// The key has this record.
    Taken(Bytes),
    /// The key has no record, and the store has no room for one.
    Full,
}
