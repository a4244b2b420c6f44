//! Where entries are kept.

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::cache::{Embedded, Entry, Key, Stamp, Target};

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
    fn put(&self, entry: Arc<Entry>) -> StoreFuture<'_, ()>;

    /// Whether an entry that was at hand all the time is still valid.
    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool>;

    /// Makes whatever is one of these invalid, all at once; the number by which it is.
    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp>;

    /// Forgets the entry of a key.
    fn remove<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()>;

    /// Makes everything invalid, and forgets it.
    fn clear(&self) -> StoreFuture<'_, Stamp>;

    /// For how long the entry of a key is still fresh; `None` without a valid one.
    fn ttl<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Duration>>;

    /// About how many entries there are, whether or not they are valid, and how many bytes they take.
    fn size(&self) -> StoreFuture<'_, StoreSize>;

    /// Whether it can be reached.
    fn health(&self) -> StoreFuture<'_, ()>;
}

/// What a store has for a key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Lookup {
    /// A valid entry that is fresh, and the stamp for another.
    Hit(Arc<Entry>, Stamp),
    /// A valid entry that is no longer fresh and not yet over, and the stamp for another.
    Stale(Arc<Entry>, Stamp),
    /// Nothing of use, and the stamp for what is computed now.
    Miss(Stamp),
}

impl Lookup {
    /// The entry, fresh or stale.
    #[must_use]
    pub fn entry(&self) -> Option<&Arc<Entry>> {
        match self {
            Self::Hit(entry, _) | Self::Stale(entry, _) => Some(entry),
            Self::Miss(_) => None,
        }
    }

    /// The stamp for what is computed now.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        match self {
            Self::Hit(_, stamp) | Self::Stale(_, stamp) | Self::Miss(stamp) => *stamp,
        }
    }
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

/// The store of a cache: the embedded one, which answers at once, or another.
#[derive(Clone)]
pub(in crate::cache) enum Store {
    Embedded(Arc<Embedded>),
    Other(Arc<dyn CacheStore>),
}

impl Store {
    /// What the embedded store has, and by what time; `None` where one has to wait for an answer.
    pub(in crate::cache) fn lookup_now(&self, key: &Key) -> Option<(Lookup, Instant)> {
        match self {
            Self::Embedded(embedded) => Some(embedded.get(key)),
            Self::Other(_) => None,
        }
    }

    /// Whether that could be done at once.
    pub(in crate::cache) fn invalidate_now(&self, targets: &[Target]) -> bool {
        match self {
            Self::Embedded(embedded) => {
                embedded.invalidate_now(targets);
                true
            }
            Self::Other(_) => false,
        }
    }

    /// How much the embedded store keeps; `None` where one has to wait for an answer.
    pub(in crate::cache) fn size_now(&self) -> Option<StoreSize> {
        match self {
            Self::Embedded(embedded) => Some(embedded.measured()),
            Self::Other(_) => None,
        }
    }

    /// As a store like any other.
    pub(in crate::cache) fn get(&self) -> &dyn CacheStore {
        match self {
            Self::Embedded(embedded) => &**embedded,
            Self::Other(other) => &**other,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded(_) => "Embedded",
            Self::Other(_) => "Other",
        })
    }
}
