//! Metrics of a cache. The cache counts by itself; its counts are copied here before they are rendered.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use metrics::{Counter, Gauge, Key, Label};

use super::{
    names::{
        CACHE_BYTES, CACHE_ENTRIES, CACHE_EVICTIONS, CACHE_FLUSHES, CACHE_INVALIDATIONS, CACHE_LOST_WRITES,
        CACHE_MEMORY_BYTES, CACHE_MEMORY_ENTRIES, CACHE_MEMORY_LIVE, CACHE_REFRESHES, CACHE_REQUESTS, CACHE_SETS,
        CACHE_UP, METADATA, describe_cache,
    },
    recorder::SharedRecorder,
};

/// Registers the metrics of a cache with one recorder.
pub(crate) struct CacheMetrics(SharedRecorder);

/// User of the cache, as labels.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CacheUser<'a> {
    /// The route with this method and template.
    Route(&'static str, &'a str),
    /// Layers that the program created.
    Layers,
    /// The program itself.
    Program,
}

impl CacheMetrics {
    pub(crate) fn new(recorder: SharedRecorder) -> Self {
        describe_cache(&*recorder);
        Self(recorder)
    }

    /// Metrics of the requests that a user makes.
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

    /// Counter of the invalidations that a user makes.
    pub(crate) fn invalidations(&self, user: CacheUser<'_>) -> Total {
        self.counter(CACHE_INVALIDATIONS, user.labels())
    }

    /// Metrics of the store.
    pub(crate) fn store(&self) -> CacheStoreMetrics {
        CacheStoreMetrics {
            up: self.gauge(CACHE_UP),
            entries: self.gauge(CACHE_ENTRIES),
            bytes: self.gauge(CACHE_BYTES),
            evictions: self.counter(CACHE_EVICTIONS, Vec::new()),
            flushes: self.counter(CACHE_FLUSHES, Vec::new()),
        }
    }

    /// Metrics of the memory in front of the store.
    pub(crate) fn memory(&self) -> CacheMemoryMetrics {
        CacheMemoryMetrics {
            live: self.gauge(CACHE_MEMORY_LIVE),
            entries: self.gauge(CACHE_MEMORY_ENTRIES),
            bytes: self.gauge(CACHE_MEMORY_BYTES),
            lost_writes: self.counter(CACHE_LOST_WRITES, Vec::new()),
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

/// Metrics of the requests that one user makes.
pub(crate) struct CacheRequests {
    pub(crate) hits: Total,
    pub(crate) misses: Total,
    pub(crate) stale: Total,
    pub(crate) bypasses: Total,
    pub(crate) sets: Total,
    pub(crate) refreshes: Total,
}

/// Metrics of the store.
pub(crate) struct CacheStoreMetrics {
    up: Gauge,
    entries: Gauge,
    bytes: Gauge,
    evictions: Total,
    flushes: Total,
}

impl CacheStoreMetrics {
    /// The store could not be reached. Its last known size is kept.
    pub(crate) fn down(&self) {
        self.up.set(0.0);
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes stay below 2^53")]
    pub(crate) fn up(&self, (entries, bytes): (u64, u64), evictions: u64, flushes: u64) {
        self.up.set(1.0);
        self.entries.set(entries as f64);
        self.bytes.set(bytes as f64);
        self.evictions.update(evictions);
        self.flushes.update(flushes);
    }
}

/// Metrics of the memory in front of the store.
pub(crate) struct CacheMemoryMetrics {
    live: Gauge,
    entries: Gauge,
    bytes: Gauge,
    lost_writes: Total,
}

impl CacheMemoryMetrics {
    #[expect(clippy::cast_precision_loss, reason = "sizes stay below 2^53")]
    pub(crate) fn update(&self, is_live: bool, (entries, bytes): (u64, u64), lost_writes: u64) {
        self.live.set(f64::from(u8::from(is_live)));
        self.entries.set(entries as f64);
        self.bytes.set(bytes as f64);
        self.lost_writes.update(lost_writes);
    }
}

/// A counter whose value is counted elsewhere.
///
/// It is incremented by the difference, not set, so that two apps with one recorder add up.
pub(crate) struct Total {
    counter: Counter,
    exported: AtomicU64,
}

impl Total {
    pub(super) fn of(counter: Counter) -> Self {
        Self { counter, exported: AtomicU64::new(0) }
    }

    /// Sets the current value. A value below the last one was overtaken by another thread and is ignored.
    pub(crate) fn update(&self, now: u64) {
        // Each increase is added once, by the thread that made it. Nothing else depends on this ordering.
        let exported = self.exported.fetch_max(now, Ordering::Relaxed);
        if now > exported {
            self.counter.increment(now - exported);
        }
    }
}
