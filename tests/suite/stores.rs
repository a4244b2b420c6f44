//! Stores for tests: a simple reference store, and one with the bug of many caches.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use routekit::{
    Clock,
    cache::{CacheStore, Entry, Key, Lookup, Stamp, StoreFuture, StoreSize, Target},
};

/// Keeps everything under one lock and forgets nothing.
pub(crate) struct Plain {
    clock: Clock,
    kept: Mutex<Kept>,
    /// Whether an entry stamped before an invalidation is served if it was stored after it. That is the bug of a cache
    /// whose invalidation only drops entries.
    forgets_stamps: bool,
}

#[derive(Default)]
struct Kept {
    number: u64,
    entries: HashMap<Vec<u8>, Arc<Entry>>,
    /// Everything that was ever invalidated, with its number.
    bans: Vec<(Target, u64)>,
    cleared: u64,
}

impl Plain {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, kept: Mutex::default(), forgets_stamps: false }
    }

    /// A store that loses the race between a fill and an invalidation.
    pub(crate) fn without_stamps(clock: Clock) -> Self {
        Self { forgets_stamps: true, ..Self::new(clock) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    fn is_valid(&self, kept: &Kept, entry: &Entry) -> bool {
        let stamp = entry.stamp().number();
        let mut later = kept.bans.iter().rev().take_while(|(_, number)| *number > stamp);
        self.forgets_stamps || stamp >= kept.cleared && !later.any(|(target, _)| target.is_about(entry))
    }

    fn find(&self, key: &Key) -> Lookup {
        let kept = self.kept();
        let stamp = Stamp::new(kept.number);
        let now = self.clock.now();
        match kept.entries.get(key.as_bytes()).filter(|entry| !entry.is_over(now) && self.is_valid(&kept, entry)) {
            Some(entry) if entry.ttl(now).is_zero() => Lookup::Stale(Arc::clone(entry), stamp),
            Some(entry) => Lookup::Hit(Arc::clone(entry), stamp),
            None => Lookup::Miss(stamp),
        }
    }
}

/// Yields first, so that callers have to wait.
async fn later<T>(value: impl FnOnce() -> T) -> Result<T, routekit::cache::StoreError> {
    tokio::task::yield_now().await;
    Ok(value())
}

impl CacheStore for Plain {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        Box::pin(later(|| self.find(key)))
    }

    fn put(&self, entry: Arc<Entry>) -> StoreFuture<'_, ()> {
        Box::pin(later(move || {
            self.kept().entries.insert(entry.key().as_bytes().to_vec(), entry);
        }))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        Box::pin(later(|| self.is_valid(&self.kept(), entry)))
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        Box::pin(later(|| {
            let mut kept = self.kept();
            kept.number += 1;
            let number = kept.number;
            if self.forgets_stamps {
                kept.entries.retain(|_, entry| !targets.iter().any(|target| target.is_about(entry)));
            } else {
                kept.bans.extend(targets.iter().cloned().map(|target| (target, number)));
            }
            Stamp::new(number)
        }))
    }

    fn remove<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        Box::pin(later(|| drop(self.kept().entries.remove(key.as_bytes()))))
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        Box::pin(later(|| {
            let mut kept = self.kept();
            kept.number += 1;
            kept.cleared = kept.number;
            kept.entries.clear();
            Stamp::new(kept.number)
        }))
    }

    fn ttl<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Duration>> {
        Box::pin(later(|| match self.find(key) {
            Lookup::Hit(entry, _) | Lookup::Stale(entry, _) => Some(entry.ttl(self.clock.now())),
            _ => None,
        }))
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        Box::pin(later(StoreSize::default))
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        Box::pin(later(|| ()))
    }
}
