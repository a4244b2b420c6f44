//! How often a cache did what: for each route, for layers made by hand, and for the program itself.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::cache::Counts;
use crate::route::Method;

/// What was done for one route. Numbers that only rise, and that nothing is decided by: each is counted alone (`Relaxed`).
///
/// On a cache line of its own, so that cores which count for different routes do not wait for each other.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
    bypasses: AtomicU64,
    sets: AtomicU64,
    refreshes: AtomicU64,
    invalidations: AtomicU64,
}

impl Counters {
    /// A fresh answer was given out: `X-Cache: HIT`.
    #[inline]
    pub(in crate::cache) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// The handler was asked, for this request or for another at the same time: `X-Cache: MISS`.
    #[inline]
    pub(in crate::cache) fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer was given out that is no longer fresh: `X-Cache: STALE`.
    #[inline]
    pub(in crate::cache) fn stale(&self) {
        self.stale.fetch_add(1, Ordering::Relaxed);
    }

    /// The cache had no say: `X-Cache: BYPASS`.
    #[inline]
    pub(in crate::cache) fn bypass(&self) {
        self.bypasses.fetch_add(1, Ordering::Relaxed);
    }

    /// The store has taken an entry.
    #[inline]
    pub(in crate::cache) fn set(&self) {
        self.sets.fetch_add(1, Ordering::Relaxed);
    }

    /// Something stale is computed anew for nobody who waits.
    #[inline]
    pub(in crate::cache) fn refresh(&self) {
        self.refreshes.fetch_add(1, Ordering::Relaxed);
    }

    /// Something was made invalid.
    #[inline]
    pub(in crate::cache) fn invalidation(&self) {
        self.invalidations.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub(crate) fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            hits: read(&self.hits),
            misses: read(&self.misses),
            stale: read(&self.stale),
            bypasses: read(&self.bypasses),
            sets: read(&self.sets),
            refreshes: read(&self.refreshes),
            invalidations: read(&self.invalidations),
        }
    }
}

/// All counters of a cache.
#[derive(Debug, Default)]
pub(in crate::cache) struct Book {
    /// By path and method, so that a route that is mounted twice is one.
    routes: Mutex<BTreeMap<(String, Method), Arc<Counters>>>,
    layers: Arc<Counters>,
    program: Arc<Counters>,
    /// All calls. Those of routes and layers are in their counters as well.
    invalidations: AtomicU64,
}

impl Book {
    /// Those of this route, from now on.
    pub(in crate::cache) fn open(&self, method: Method, path: &str) -> Arc<Counters> {
        Arc::clone(self.routes().entry((path.to_owned(), method)).or_default())
    }

    /// Those of this route, if it has some.
    pub(in crate::cache) fn of_route(&self, method: Method, path: &str) -> Option<Arc<Counters>> {
        self.routes().get(&(path.to_owned(), method)).cloned()
    }

    /// Those of all layers made by hand.
    pub(in crate::cache) fn of_layers(&self) -> &Arc<Counters> {
        &self.layers
    }

    /// Those of what the program does itself: values.
    pub(in crate::cache) fn of_program(&self) -> &Arc<Counters> {
        &self.program
    }

    /// Something was made invalid, whoever did it.
    pub(in crate::cache) fn invalidation(&self) {
        self.invalidations.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub(in crate::cache) fn read(&self) -> Pages {
        let routes = self.routes().iter().map(|((path, method), all)| (*method, path.clone(), all.read())).collect();
        let mut pages = Pages { routes, layers: self.layers.read(), program: self.program.read() };
        // Calls that no layer made.
        let of_layers: u64 = pages.routes.iter().map(|(.., counts)| counts.invalidations).sum();
        let all = self.invalidations.load(Ordering::Relaxed);
        pages.program.invalidations = all.saturating_sub(of_layers + pages.layers.invalidations);
        pages
    }

    fn routes(&self) -> MutexGuard<'_, BTreeMap<(String, Method), Arc<Counters>>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a [`Book`] says at one moment.
pub(in crate::cache) struct Pages {
    pub(in crate::cache) routes: Vec<(Method, String, Counts)>,
    pub(in crate::cache) layers: Counts,
    pub(in crate::cache) program: Counts,
}

impl Pages {
    pub(in crate::cache) fn total(&self) -> Counts {
        let parts = self.routes.iter().map(|(.., counts)| *counts).chain([self.layers, self.program]);
        parts.fold(Counts::default(), Counts::and)
    }
}
