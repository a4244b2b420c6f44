//! All figures of an app as one JSON document.

use std::{collections::BTreeMap, time::SystemTime};

use serde::Serialize;

use crate::{
    alerts::Alert, base::clock::serialize_time, breaker::BreakerSnapshot, cache::CacheStats,
    statistics::RouteStatistics, system::SystemMetrics,
};

/// All figures of an app at one moment.
///
/// In JSON, names are in camelCase, and points in time are RFC 3339.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MetricsDocument {
    /// The time of this document.
    #[serde(serialize_with = "serialize_time")]
    pub timestamp: SystemTime,
    /// When the app started, from which all counts count. If it is not the same in two documents, the app has started
    /// anew, and their difference says nothing.
    #[serde(serialize_with = "serialize_time")]
    pub started_at: SystemTime,
    /// The statistics of each route.
    pub routes: Vec<RouteStatistics>,
    /// CPU, memory, async runtime and allocator.
    pub system: SystemMetrics,
    /// The counts of the cache, and the condition of its store.
    pub cache: CacheStats,
    /// The alerts that are active, the most severe ones first.
    pub alerts: Vec<Alert>,
    /// The circuit breakers by name.
    pub circuit_breakers: BTreeMap<String, BreakerSnapshot>,
}
