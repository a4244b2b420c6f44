//! An evaluation that panics.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use routekit::cache::{Cache, CacheStore, Embedded, Entry, Key, Lookup, Stamp, StoreFuture, StoreSize, Target};

use super::{Alerting, TICK, app};
use crate::logs;

/// A store whose health check panics while `breaks` is set.
struct Fragile {
    inner: Embedded,
    state: Arc<FragileState>,
}

#[derive(Default)]
struct FragileState {
    breaks: AtomicBool,
    panics: AtomicUsize,
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
        if self.state.breaks.load(Ordering::Relaxed) {
            self.state.panics.fetch_add(1, Ordering::Relaxed);
            panic!("as it should");
        }
        self.inner.health()
    }
}

#[test]
fn evaluation_that_panics_is_logged_and_the_next_one_raises_the_alert() {
    let ((), lines) = logs::caught(async {
        let state = Arc::<FragileState>::default();
        let (app, bank) = app();
        let store = Fragile { inner: Embedded::new(1 << 20), state: Arc::clone(&state) };
        let app = Alerting::run(app.cache(Cache::builder().store(store))).await;
        state.breaks.store(true, Ordering::Relaxed);
        // An evaluation first collects figures on another thread, so the clock alone does not tell when it has ended.
        while state.panics.load(Ordering::Relaxed) < 2 {
            app.clock.advance(TICK);
            assert!(app.report().await["evaluated"].is_null());
        }
        state.breaks.store(false, Ordering::Relaxed);
        bank.force_open();
        app.tick().await;
        assert_eq!(app.active().await, ["high breaker-bank"]);
    });
    let panicked = lines.iter().map(|line| line.fields.join(" ")).find(|line| line.contains("a tick panicked"));
    assert!(panicked.is_some_and(|line| line.contains("task=\"alerts\"")));
}
