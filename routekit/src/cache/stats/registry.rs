//! All counters of a cache.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use crate::{
    cache::stats::counters::{Counters, Counts},
    route::Method,
};

/// All counters of a cache: those of its routes, of plain layers, and of the program.
#[derive(Debug, Default)]
pub(in crate::cache) struct StatsRegistry {
    /// By path and method, so that a route that is mounted twice is counted once.
    routes: Mutex<BTreeMap<(String, Method), Arc<Counters>>>,
    layers: Arc<Counters>,
    program: Arc<Counters>,
    /// All calls, those of routes and layers included.
    invalidations: AtomicU64,
}

impl StatsRegistry {
    /// Returns the counters of a route, which are created at the first call.
    pub(in crate::cache) fn register(&self, method: Method, path: &str) -> Arc<Counters> {
        Arc::clone(self.routes.lock().entry((path.to_owned(), method)).or_default())
    }

    /// Returns the counters of a route; `None` if it has none.
    pub(in crate::cache) fn route(&self, method: Method, path: &str) -> Option<Arc<Counters>> {
        self.routes.lock().get(&(path.to_owned(), method)).cloned()
    }

    /// Returns the counters of all plain layers.
    pub(in crate::cache) fn layers(&self) -> &Arc<Counters> {
        &self.layers
    }

    /// Returns the counters of values.
    pub(in crate::cache) fn program(&self) -> &Arc<Counters> {
        &self.program
    }

    /// Counts an invalidation by a layer or by the program.
    pub(in crate::cache) fn invalidation(&self) {
        self.invalidations.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the counts so far.
    pub(in crate::cache) fn read(&self) -> RegistryCounts {
        let route =
            |((path, method), counters): (&(String, Method), &Arc<Counters>)| (*method, path.clone(), counters.read());
        let routes: Vec<_> = self.routes.lock().iter().map(route).collect();
        let layers = self.layers.read();
        let by_layers: u64 = routes.iter().map(|(.., counts)| counts.invalidations()).sum();
        let all = self.invalidations.load(Ordering::Relaxed);
        let by_program = all.saturating_sub(by_layers + layers.invalidations());
        RegistryCounts { routes, layers, program: self.program.read().with_invalidations(by_program) }
    }
}

/// The counts of a [`StatsRegistry`] at one moment.
pub(in crate::cache) struct RegistryCounts {
    pub(in crate::cache) routes: Vec<(Method, String, Counts)>,
    pub(in crate::cache) layers: Counts,
    pub(in crate::cache) program: Counts,
}

impl RegistryCounts {
    pub(in crate::cache) fn total(&self) -> Counts {
        self.routes.iter().map(|(.., counts)| *counts).fold(self.layers + self.program, |total, counts| total + counts)
    }
}
