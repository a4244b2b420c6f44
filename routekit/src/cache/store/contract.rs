//! The contract between a cache and its store.

use std::{error::Error, fmt, future::Future, pin::Pin};

use crate::cache::{
    stats::condition::StoreSize,
    store::{entry::Entry, key::Key, lookup::Lookup},
    validity::{stamp::Stamp, target::Target},
};

/// The future of a call to a [`CacheStore`].
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps entries, and the logical clock that decides whether they are valid.
///
/// Every store promises:
/// 1. `lookup` returns an entry only under exactly its key, only until it [is over](Entry::is_over), and only if no
///    invalidation after its stamp [covers](Target::covers) it.
/// 2. Once `invalidate` has returned, no entry that was stamped before and that a target covers is returned any more,
///    even if it is put afterwards. The cost does not depend on the number of entries.
/// 3. Stamps rise. A stamp that is read after an invalidation has returned is not earlier than the invalidation.
/// 4. An entry may be dropped at any time.
///
/// A lookup or a put that takes longer than 250 ms counts as failed; an invalidation, 5 s.
///
/// A store outside the process keeps [`EntryParts`](crate::cache::EntryParts), which serde reads and writes.
///
/// The trait is object-safe, with boxed futures. The embedded store, whose calls cost less than a box, is called
/// directly; for any other store a round trip costs far more than the box.
pub trait CacheStore: Send + Sync + 'static {
    /// Finds the entry of a key. [`Entry::found`] makes the answer from an entry that is valid.
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup>;

    /// Stores an entry in place of the one under the same key.
    fn put(&self, entry: Entry) -> StoreFuture<'_, ()>;

    /// Whether no invalidation after the entry's stamp covers it.
    ///
    /// The entry may never have been put: before a response that another request fetched is shared, or a stale one is
    /// sent in place of a failure, the cache checks the copy in its hands. A lookup could not tell: an entry that
    /// failed to be stored, was evicted, or has a lifetime of zero is not there.
    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool>;

    /// Invalidates every entry that one of the targets covers, all at once. Returns the stamp of the invalidation.
    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp>;

    /// Invalidates and removes every entry. Returns the stamp of the invalidation.
    fn clear(&self) -> StoreFuture<'_, Stamp>;

    /// The approximate number of entries, valid or not, and the bytes that they take.
    fn size(&self) -> StoreFuture<'_, StoreSize>;

    /// Whether the store can be reached.
    fn health(&self) -> StoreFuture<'_, ()>;
}

/// The store cannot be reached, or its answer makes no sense.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// An error with this cause.
    #[must_use]
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cache's store failed")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
