//! The condition of a store: whether it can be reached, and its size.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The size of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoreSize {
    /// The number of entries.
    pub entries: u64,
    /// The number of bytes, as [`Entry::size`](crate::cache::Entry::size) counts them.
    pub bytes: u64,
    /// The number of entries that were evicted to make room, since the store was created.
    pub evictions: u64,
    /// How often, since the store was made, everything that was stored before an invalidation became invalid because
    /// the store could not remember that invalidation any longer.
    pub flushes: u64,
}

impl StoreSize {
    /// Creates a size of `entries` entries that take `bytes` bytes, after `evictions` evictions.
    #[must_use]
    pub const fn new(entries: u64, bytes: u64, evictions: u64) -> Self {
        Self { entries, bytes, evictions, flushes: 0 }
    }

    /// The same after this number of flushes. Defaults to zero.
    #[must_use]
    pub const fn with_flushes(self, flushes: u64) -> Self {
        Self { flushes, ..self }
    }
}

/// Whether a store can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ProviderStatus {
    /// The store reports that it is healthy.
    Healthy,
    /// The store reports a failure, or does not answer in time.
    Unhealthy,
}

/// The health of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Provider {
    /// Whether it can be reached.
    pub status: ProviderStatus,
    /// How long the health check took. In JSON, `latencyMs`: milliseconds.
    #[serde(rename = "latencyMs", serialize_with = "milliseconds")]
    pub latency: Duration,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1000.0)
}

/// The memory in front of Redis. In JSON, names are in camelCase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MemoryTier {
    /// Whether hits are answered from memory: the process receives the invalidations of all processes.
    pub live: bool,
    /// The approximate number of entries.
    pub entries: u64,
    /// The bytes that they take.
    pub bytes: u64,
    /// The number of entries that were evicted to make room.
    pub evictions: u64,
    /// The number of entries that were not written to Redis: too many waited to be written, or Redis did not take them.
    pub lost_writes: u64,
}

/// The health of a store, and its size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreCondition {
    pub(crate) provider: Provider,
    /// `None` if the store does not report it.
    pub(crate) size: Option<StoreSize>,
    /// `None` if the store has none.
    pub(crate) memory: Option<MemoryTier>,
}

impl StoreCondition {
    pub(in crate::cache) fn new(status: ProviderStatus, latency: Duration, size: Option<StoreSize>) -> Self {
        Self { provider: Provider { status, latency }, size, memory: None }
    }
}
