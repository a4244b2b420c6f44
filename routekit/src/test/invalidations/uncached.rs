//! A store that finds nothing.

use std::time::Duration;

use bytes::Bytes;

use crate::cache::{CacheStore, ClaimOutcome, Embedded, Entry, Key, Lookup, Stamp, StoreFuture, StoreSize, Target};

/// Every lookup is a miss. Claims are kept, as idempotent routes need them.
#[derive(Debug, Default)]
pub(super) struct Uncached(Embedded);

impl CacheStore for Uncached {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        Box::pin(async move { Ok(Lookup::Miss(self.0.lookup(key).await?.stamp())) })
    }

    fn put(&self, _entry: Entry) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        self.0.is_valid(entry)
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        self.0.invalidate(targets)
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        self.0.clear()
    }

    fn has_claims(&self) -> bool {
        true
    }

    fn claim<'a>(&'a self, key: &'a Key, record: Bytes, keep_for: Duration) -> StoreFuture<'a, ClaimOutcome> {
        self.0.claim(key, record, keep_for)
    }

    fn swap_claim<'a>(
        &'a self,
        key: &'a Key,
        held: &'a Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> StoreFuture<'a, bool> {
        self.0.swap_claim(key, held, next, keep_for)
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.0.size()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        self.0.health()
    }
}
