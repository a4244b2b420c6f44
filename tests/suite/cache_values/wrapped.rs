//! A store that records calls, fails on demand, or ignores keys.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use routekit::{
    Clock,
    cache::{CacheStore, Entry, Key, Lookup, Stamp, StoreError, StoreFuture, StoreSize, Target},
};

use crate::stores::Plain;

#[derive(Clone)]
pub(super) struct Wrapped {
    inner: Arc<Plain>,
    /// The keys of stored entries.
    pub(super) put: Arc<Mutex<Vec<Vec<u8>>>>,
    pub(super) fails: Arc<AtomicBool>,
    /// Returns the last stored entry for any key.
    is_careless: bool,
    pub(super) last: Arc<Mutex<Option<Entry>>>,
}

impl Wrapped {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            inner: Arc::new(Plain::new(clock)),
            put: Arc::default(),
            fails: Arc::default(),
            is_careless: false,
            last: Arc::default(),
        }
    }

    pub(super) fn careless(clock: Clock) -> Self {
        Self { is_careless: true, ..Self::new(clock) }
    }

    fn or_fail<'a, T: Send + 'a>(&self, answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        if self.fails.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::new("no connection")) });
        }
        answer
    }
}

impl CacheStore for Wrapped {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        if let Some(Entry::Response(last)) = self.last.lock().unwrap().clone().filter(|_| self.is_careless) {
            return Box::pin(async { Ok(Lookup::Hit(last, Stamp::new(1))) });
        }
        self.or_fail(self.inner.lookup(key))
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        self.put.lock().unwrap().push(entry.key().as_bytes().to_vec());
        *self.last.lock().unwrap() = Some(entry.clone());
        self.or_fail(self.inner.put(entry))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        self.or_fail(CacheStore::is_valid(&*self.inner, entry))
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        self.or_fail(self.inner.invalidate(targets))
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        self.or_fail(self.inner.clear())
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.inner.size()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        self.or_fail(self.inner.health())
    }
}
