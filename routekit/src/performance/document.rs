//! All figures of an app as one JSON document.

use std::{collections::BTreeMap, time::Duration};

use serde::{Serialize, Serializer};

use crate::{base::clock::rfc3339, breaker::BreakerSnapshot, cache::CacheStats, statistics::RouteStatistics};

/// All figures of an app at one moment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MetricsDocument {
    /// The time of this document, as the time since 1970. In JSON a point in time (RFC 3339).
    #[serde(serialize_with = "as_rfc3339")]
    pub timestamp: Duration,
    /// When the app started, from which all counts count. In JSON a point in time (RFC 3339). If it is not the same in
    /// two documents, the app has started anew, and their difference says nothing.
    #[serde(serialize_with = "as_rfc3339")]
    pub started_at: Duration,
    /// The statistics of each route.
    pub routes: Vec<RouteStatistics>,
    /// The counts of the cache, and the condition of its store.
    pub cache: CacheStats,
    /// The circuit breakers by name.
    pub circuit_breakers: BTreeMap<String, BreakerSnapshot>,
}

pub(super) fn as_rfc3339<S: Serializer>(since_1970: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*since_1970))
}
