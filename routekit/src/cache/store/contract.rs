//! The contract between a cache and its store.

use std::{
    error::Error,
    fmt,
    future::{Future, ready},
    pin::Pin,
    time::Duration,
};

use bytes::Bytes;

use crate::cache::{
    stats::condition::StoreSize,
    store::{claim::ClaimOutcome, entry::Entry, key::Key, lookup_result::Lookup},
    validity::{stamp::Stamp, target::Target},
};

/// The future of a call to a [`CacheStore`].
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps entries, and the logical clock that decides whether they are valid.
///
/// Every store guarantees:
/// 1. `lookup` returns an entry only under exactly its key, only until it [has expired](Entry::is_over), and only if no
///    invalidation after its stamp [covers](Target::covers) it.
/// 2. Once `invalidate` has returned, no entry that was stamped before and that a target covers is returned any more,
///    even if it is put afterwards. The cost does not depend on the number of entries.
/// 3. Stamps never decrease. A stamp that is read after an invalidation has returned is not earlier than the
///    invalidation.
/// 4. An entry may be dropped at any time.
/// 5. A claim is a record beside the entries: `lookup`, `invalidate` and `clear` do not concern it. It is kept until
///    its time has passed, and never dropped earlier: a store without room answers [`ClaimOutcome::Full`].
/// 6. `claim` is atomic: of all claims of a key that has no record, exactly one is [`ClaimOutcome::Won`]. `swap_claim`
///    is atomic as well.
///
/// A lookup, a put or a claim fails after 250 ms, an invalidation after 5 s.
///
/// A store outside the process stores [`EntryParts`](crate::cache::EntryParts), which serde can serialise.
///
/// The trait is object-safe, so its futures are boxed. The embedded store, whose calls cost less than a box, is called
/// directly; for any other store a round trip costs far more than the box.
pub trait CacheStore: Send + Sync + 'static {
    /// Finds the entry of a key. [`Entry::found`] converts a valid entry to the result.
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup>;

    /// Stores an entry in place of the one under the same key.
    fn put(&self, entry: Entry) -> StoreFuture<'_, ()>;

    /// Returns whether no invalidation after the entry's stamp covers it.
    ///
    /// The entry may never have been put: before the cache shares a response that another request fetched, or serves a
    /// stale one in place of a failure, it checks its own copy. A lookup is no substitute, because an entry may have
    /// failed to be stored, may be evicted, or may have a lifetime of zero.
    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool>;

    /// Invalidates every entry that one of the targets covers, atomically. Returns the stamp of the invalidation.
    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp>;

    /// Invalidates and removes every entry. Returns the stamp of the invalidation.
    fn clear(&self) -> StoreFuture<'_, Stamp>;

    /// Returns whether the store has claims, which [idempotent](crate::idempotency) routes require. Defaults to
    /// `false`.
    fn has_claims(&self) -> bool {
        false
    }

    /// Keeps `record` under a key that has none, for `keep_for`. If the key has a record, it is returned and stays.
    /// No two claims may have the same record: a store may repeat a removal whose answer was lost.
    fn claim<'a>(&'a self, key: &'a Key, record: Bytes, keep_for: Duration) -> StoreFuture<'a, ClaimOutcome> {
        let _ = (key, record, keep_for);
        Box::pin(ready(Err(no_claims())))
    }

    /// Replaces the record of a key by `next`, which is kept for `keep_for`, or removes it, if it is still `held`.
    /// Returns whether it was. Finds room for `next` even if the store would be [full](ClaimOutcome::Full) for a claim:
    /// the request has been processed, and must not be processed again.
    fn swap_claim<'a>(
        &'a self,
        key: &'a Key,
        held: &'a Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> StoreFuture<'a, bool> {
        let _ = (key, held, next, keep_for);
        Box::pin(ready(Err(no_claims())))
    }

    /// Returns the approximate number of entries, valid or not, and the bytes that they take.
    fn size(&self) -> StoreFuture<'_, StoreSize>;

    /// Checks whether the store can be reached.
    fn health(&self) -> StoreFuture<'_, ()>;
}

fn no_claims() -> StoreError {
    StoreError::new("the store has no claims")
}

/// The error of a store that cannot be reached, or whose answer is not valid.
#[derive(Debug)]
pub struct StoreError {
    cause: Box<dyn Error + Send + Sync>,
    kind: StoreErrorKind,
}

/// What the store has done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StoreErrorKind {
    /// Nothing: the cache logs it.
    News,
    /// The store logs when it begins and ends.
    #[cfg(feature = "redis")]
    Known,
    /// The same. The store could be reached, and refused.
    #[cfg(feature = "redis")]
    Refusal,
    /// The store may be well: the request had too little time left of its budget.
    #[cfg(feature = "redis")]
    OutOfTime,
}

impl StoreError {
    /// Creates an error with this cause.
    #[must_use]
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), kind: StoreErrorKind::News }
    }

    /// Creates an error that need not be logged for each request, because the store logs when it begins and ends.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn known(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), kind: StoreErrorKind::Known }
    }

    /// The same, of a store that could be reached.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn known_refusal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), kind: StoreErrorKind::Refusal }
    }

    /// Creates the error of a request that had too little time left to wait for the store.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn out_of_time(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), kind: StoreErrorKind::OutOfTime }
    }

    /// Whether the request had too little time left to wait for the store, which says nothing about the store.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn is_out_of_time(&self) -> bool {
        self.kind == StoreErrorKind::OutOfTime
    }

    /// Whether the store is away, or the request had too little time left to wait for it. What the store has answered
    /// to the request before still counts.
    pub(in crate::cache) fn is_no_answer(&self) -> bool {
        #[cfg(feature = "redis")]
        return matches!(self.kind, StoreErrorKind::Known | StoreErrorKind::OutOfTime);
        #[cfg(not(feature = "redis"))]
        false
    }

    #[cfg(feature = "redis")]
    pub(in crate::cache) fn is_refusal(&self) -> bool {
        self.kind == StoreErrorKind::Refusal
    }

    pub(in crate::cache) fn is_known(&self) -> bool {
        self.kind != StoreErrorKind::News
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cache's store failed")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}
