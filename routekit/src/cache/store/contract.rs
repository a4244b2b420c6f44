//! Where entries are kept.

use std::{error::Error, fmt, future::Future, pin::Pin};

use crate::cache::{
    Target,
    store::{entry::Entry, key::Key, lookup::Lookup},
    validity::clock::Stamp,
};

/// What a [`CacheStore`] is asked, as a future.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps entries, and the logical clock by which they are valid.
///
/// What every store promises:
/// 1. `lookup` gives an entry only of exactly this key, that is not over, and that nothing has invalidated after its stamp.
/// 2. Once `invalidate` has returned, nothing that was stamped before is given out that is one of its targets, also if it is put
///    afterwards. It costs the same however many entries there are.
/// 3. Stamps rise. A stamp that was given out after an invalidation returned is not earlier than its number.
/// 4. What was put may be gone at any time.
///
/// A lookup or a put that takes longer than 250 ms counts as failed, and so does an invalidation that takes longer than five seconds.
///
/// Object-safe, with futures in boxes: the embedded store, whose calls take less than making a box, is called directly
/// (`Store`); for all others a round trip to somewhere costs far more than the box.
pub trait CacheStore: Send + Sync + 'static {
    /// Finds the entry of a key.
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup>;

    /// Keeps an entry in place of the one that its key had.
    fn put(&self, entry: Entry) -> StoreFuture<'_, ()>;

    /// Whether an entry that was at hand all the time is still valid.
    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool>;

    /// Makes whatever is one of these invalid, all at once; the number by which it is.
    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp>;

    /// Makes everything invalid, and forgets it.
    fn clear(&self) -> StoreFuture<'_, Stamp>;

    /// About how many entries there are, whether or not they are valid, and how many bytes they take.
    fn size(&self) -> StoreFuture<'_, StoreSize>;

    /// Whether it can be reached.
    fn health(&self) -> StoreFuture<'_, ()>;
}

/// How much a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoreSize {
    /// Entries.
    pub entries: u64,
    /// Bytes, as [`Entry::size`] counts them.
    pub bytes: u64,
    /// Entries that went to make room, since the beginning.
    pub evictions: u64,
}

impl StoreSize {
    /// So many entries of so many bytes, and so many that went.
    #[must_use]
    pub const fn new(entries: u64, bytes: u64, evictions: u64) -> Self {
        Self { entries, bytes, evictions }
    }
}

/// A store that cannot be reached, or answers nonsense.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Because of this.
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
