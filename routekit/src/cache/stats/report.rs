//! What a cache reports about itself.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::{
    cache::stats::{
        condition::{Provider, StoreCondition},
        counters::Counts,
        registry::RegistryCounts,
    },
    route::Method,
};

/// What a cache has counted since it was made, and the condition of its store.
///
/// In JSON, names are in camel case, the counts of [`total`](Self::total) stand beside the other fields, points in time
/// are RFC 3339, and the name of a duration ends with its unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CacheStats {
    /// The counts of routes, layers and program together.
    #[serde(flatten)]
    pub total: Counts,
    /// Entries that were evicted to make room; `None` if the store does not report it.
    pub evictions: Option<u64>,
    /// The approximate number of entries; `None` if the store does not report it.
    pub entries: Option<u64>,
    /// The bytes that they take; `None` if the store does not report it.
    pub bytes: Option<u64>,
    /// The health of the store.
    pub provider: Provider,
    /// When this was read.
    #[serde(serialize_with = "write_time")]
    pub generated_at: SystemTime,
    /// The counts of each route that is cached or invalidates, by path.
    pub routes: Vec<RouteStats>,
    /// The counts of all layers made by hand.
    pub layers: Counts,
    /// The counts of the program: of values, and of its own invalidations.
    pub program: Counts,
}

impl CacheStats {
    pub(in crate::cache) fn new(counts: RegistryCounts, condition: StoreCondition, unix_time: Duration) -> Self {
        let StoreCondition { provider, size } = condition;
        let total = counts.total();
        let routes = counts.routes.into_iter().map(|(method, path, counts)| RouteStats { method, path, counts });
        Self {
            total,
            evictions: size.map(|size| size.evictions),
            entries: size.map(|size| size.entries),
            bytes: size.map(|size| size.bytes),
            provider,
            generated_at: SystemTime::UNIX_EPOCH + unix_time,
            routes: routes.collect(),
            layers: counts.layers,
            program: counts.program,
        }
    }
}

/// What was counted for one route. In JSON, the counts stand beside method and path.
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

fn write_time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_str(&rfc3339(since_1970))
}

/// A point in time as RFC 3339 writes it, in UTC and to the millisecond.
fn rfc3339(since_1970: Duration) -> String {
    let (days, seconds) = (since_1970.as_secs() / 86_400, since_1970.as_secs() % 86_400);
    // Years begin in March, so that a leap day is the last day of a year; 400 years have 146,097 days.
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    let year = year + era * 400;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let milliseconds = since_1970.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_as_rfc_3339() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.250Z"),
            (951_782_399, "2000-02-28T23:59:59.250Z"),
            (951_782_400, "2000-02-29T00:00:00.250Z"),
            (951_868_800, "2000-03-01T00:00:00.250Z"),
            (1_735_689_599, "2024-12-31T23:59:59.250Z"),
            (1_735_689_600, "2025-01-01T00:00:00.250Z"),
            (4_107_542_400, "2100-03-01T00:00:00.250Z"),
            (253_402_300_799, "9999-12-31T23:59:59.250Z"),
        ] {
            assert_eq!(rfc3339(Duration::from_millis(seconds * 1000 + 250)), expected, "{seconds}");
        }
    }
}
