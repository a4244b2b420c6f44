//! The report of a cache.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::{
    base::clock::serialize_time,
    cache::stats::{
        condition::{MemoryTier, Provider, StoreCondition},
        counters::Counts,
        registry::RegistryCounts,
    },
    route::Method,
};

/// The counts of a cache since it was built, and the condition of its store.
///
/// In JSON, names are in camelCase, the counts of [`total`](Self::total) are beside the other fields, points in time
/// are RFC 3339, and the name of a duration ends with its unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CacheStats {
    /// The total counts of routes, layers and program.
    #[serde(flatten)]
    pub total: Counts,
    /// The number of entries that were evicted to make room; `None` if the store does not report it.
    pub evictions: Option<u64>,
    /// How often everything older than an invalidation became invalid because the store could not remember that
    /// invalidation any longer; `None` if the store does not report it.
    pub flushes: Option<u64>,
    /// The approximate number of entries; `None` if the store does not report it.
    pub entries: Option<u64>,
    /// The bytes that they take; `None` if the store does not report it.
    pub bytes: Option<u64>,
    /// The health of the store.
    pub provider: Provider,
    /// The memory in front of Redis; `None` if the store has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryTier>,
    /// The time of this report.
    #[serde(serialize_with = "serialize_time")]
    pub generated_at: SystemTime,
    /// The counts of each route that is cached or invalidates, by path.
    pub routes: Vec<RouteStats>,
    /// The counts of all plain layers.
    pub layers: Counts,
    /// The counts of the program: of values, and of its own invalidations.
    pub program: Counts,
}

impl CacheStats {
    pub(in crate::cache) fn new(counts: RegistryCounts, condition: StoreCondition, unix_time: Duration) -> Self {
        let StoreCondition { provider, size, memory } = condition;
        let total = counts.total();
        let routes = counts.routes.into_iter().map(|(method, path, counts)| RouteStats { method, path, counts });
        Self {
            total,
            evictions: size.map(|size| size.evictions),
            flushes: size.map(|size| size.flushes),
            entries: size.map(|size| size.entries),
            bytes: size.map(|size| size.bytes),
            provider,
            memory,
            generated_at: SystemTime::UNIX_EPOCH + unix_time,
            routes: routes.collect(),
            layers: counts.layers,
            program: counts.program,
        }
    }
}

/// The counts of one route. In JSON, they are beside method and path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RouteStats {
    /// The method that the route was declared with.
    #[serde(serialize_with = "write_method")]
    pub method: Method,
    /// The path template.
    pub path: String,
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
}

fn write_method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}
