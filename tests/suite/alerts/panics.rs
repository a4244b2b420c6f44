//! An evaluation that panics.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use routekit::cache::{Cache, CacheStore, Embedded, Entry, Key, Lookup, Stamp, StoreFuture, StoreSize, Target};

use super::{Alerting, TICK, app};
use crate::logs;

/// A store whose health check panics while the flag is set.
struct Fragile {
    inner: Embedded,
    breaks: Arc<AtomicBool>,
}

impl CacheStore for Fragile {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        self.inner.lookup(key)
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        self.inner.put(entry)
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        self.inner.is_valid(entry)
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        self.inner.invalidate(targets)
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        self.inner.clear()
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        self.inner.size()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        assert!(!self.breaks.load(Ordering::Relaxed), "as it should");
        self.inner.health()
    }
}

#[test]
fn evaluation_that_panics_is_logged_and_the_next_one_raises_the_alert() {
    let ((), lines) = logs::caught(async {
        let breaks = Arc::<AtomicBool>::default();
        let (app, bank) = app();
        let store = Fragile { inner: Embedded::new(1 << 20), breaks: Arc::clone(&breaks) };
        let app = Alerting::run(app.cache(Cache::builder().store(store))).await;
        breaks.store(true, Ordering::Relaxed);
        for _ in 0..10 {
            app.clock.advance(TICK);
            assert!(app.report().await["evaluated"].is_null());
        }
        breaks.store(false, Ordering::Relaxed);
        bank.force_open();
        for _ in 0..100 {
            app.clock.advance(TICK);
            if !app.active().await.is_empty() {
                break;
            }
        }
        assert_eq!(app.active().await, ["high breaker-bank"]);
    });
    let panicked = lines.iter().map(|line| line.fields.join(" ")).find(|line| line.contains("a tick panicked"));
    assert!(panicked.is_some_and(|line| line.contains("task=\"alerts\"")));
}
