//! The series of a cache. It counts by itself, which costs a request no more than that; here what it has counted is brought over.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use metrics::{Counter, Gauge, Key, Label};

use super::{
    SharedRecorder,
    names::{
        CACHE_BYTES, CACHE_ENTRIES, CACHE_EVICTIONS, CACHE_INVALIDATIONS, CACHE_REFRESHES, CACHE_REQUESTS, CACHE_SETS,
        CACHE_UP, METADATA, describe_cache,
    },
};

/// Makes the series of a cache, on one recorder.
pub(crate) struct CacheMetrics(SharedRecorder);

/// Who used the cache.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CacheUser<'a> {
    /// The route of this method and template.
    Route(&'static str, &'a str),
    /// Layers made by hand.
    Layers,
    /// The program itself.
    Program,
}

impl CacheMetrics {
    pub(crate) fn new(recorder: SharedRecorder) -> Self {
        describe_cache(&*recorder);
        Self(recorder)
    }

    /// The series of whoever asks the cache for something.
    pub(crate) fn requests(&self, user: CacheUser<'_>) -> CacheRequests {
        let result = |result| {
            let mut labels = user.labels();
            labels.push(Label::from_static_parts("result", result));
            self.counter(CACHE_REQUESTS, labels)
        };
        CacheRequests {
            hits: result("hit"),
            misses: result("miss"),
            stale: result("stale"),
            bypasses: result("bypass"),
            sets: self.counter(CACHE_SETS, user.labels()),
            refreshes: self.counter(CACHE_REFRESHES, user.labels()),
        }
    }

    /// The series of whoever makes something invalid.
    pub(crate) fn invalidations(&self, user: CacheUser<'_>) -> Total {
        self.counter(CACHE_INVALIDATIONS, user.labels())
    }

    /// The series of the store.
    pub(crate) fn store(&self) -> CacheStoreMetrics {
        CacheStoreMetrics {
            up: self.gauge(CACHE_UP),
            entries: self.gauge(CACHE_ENTRIES),
            bytes: self.gauge(CACHE_BYTES),
            evictions: self.counter(CACHE_EVICTIONS, Vec::new()),
        }
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Total {
        Total::of(self.0.register_counter(&Key::from_parts(name, labels), &METADATA))
    }

    fn gauge(&self, name: &'static str) -> Gauge {
        self.0.register_gauge(&Key::from_name(name), &METADATA)
    }
}

impl fmt::Debug for CacheMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheMetrics")
    }
}

impl CacheUser<'_> {
    fn labels(self) -> Vec<Label> {
        match self {
            Self::Route(method, template) => vec![
                Label::from_static_parts("http_request_method", method),
                Label::new("http_route", template.to_owned()),
            ],
            Self::Layers => vec![Label::from_static_parts("source", "layers")],
            Self::Program => vec![Label::from_static_parts("source", "program")],
        }
    }
}

/// What somebody asked a cache for.
pub(crate) struct CacheRequests {
    pub(crate) hits: Total,
    pub(crate) misses: Total,
    pub(crate) stale: Total,
    pub(crate) bypasses: Total,
    pub(crate) sets: Total,
    pub(crate) refreshes: Total,
}

/// How the store of a cache is.
pub(crate) struct CacheStoreMetrics {
    up: Gauge,
    entries: Gauge,
    bytes: Gauge,
    evictions: Total,
}

impl CacheStoreMetrics {
    /// It could not be asked; how large it was last time is left as it is.
    pub(crate) fn down(&self) {
        self.up.set(0.0);
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes beyond 2^53 are none")]
    pub(crate) fn up(&self, entries: u64, bytes: u64, evictions: u64) {
        self.up.set(1.0);
        self.entries.set(entries as f64);
        self.bytes.set(bytes as f64);
        self.evictions.bring(evictions);
    }
}

/// A counter of what is counted elsewhere.
///
/// It is told by how much that rose and not what it is, so that two apps with one recorder add up.
pub(crate) struct Total {
    counter: Counter,
    told: AtomicU64,
}

impl Total {
    pub(super) fn of(counter: Counter) -> Self {
        Self { counter, told: AtomicU64::new(0) }
    }

    /// It is so many now. Whoever comes with an older number has been overtaken, and adds nothing.
    pub(crate) fn bring(&self, now: u64) {
        // Each rise is told once, by whoever raised it; nothing else is ordered by this.
        let told = self.told.fetch_max(now, Ordering::Relaxed);
        if now > told {
            self.counter.increment(now - told);
        }
    }
}
