//! What a cache says of itself.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::cache::{Cache, StoreSize};
use crate::{
    clock::rfc3339,
    printable::{Chain, Printable},
    route::Method,
};

/// How often a cache did what since it was made, and how it is; as JSON, with the names in camel case, times in milliseconds and
/// the moment in RFC 3339.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CacheStats {
    /// Requests that were answered from the cache with something fresh.
    pub hits: u64,
    /// Requests for which the handler was asked, or waited for.
    pub misses: u64,
    /// Requests that were answered from the cache with something no longer fresh.
    pub stale: u64,
    /// Requests in which the cache had no say, or whose answers were not for others.
    pub bypasses: u64,
    /// Entries that were stored.
    pub sets: u64,
    /// Entries that were computed anew in the background.
    pub refreshes: u64,
    /// Calls that made something invalid. How many entries each concerned is not known.
    pub invalidations: u64,
    /// The share of hits, stale ones included, in all requests that were no bypasses: 0 to 1, and 0 without requests.
    pub hit_rate: f64,
    /// Entries that went to make room; `None` if the store does not say.
    pub evictions: Option<u64>,
    /// About how many entries there are; `None` if the store does not say.
    pub entries: Option<u64>,
    /// About how many bytes they take; `None` if the store does not say.
    pub bytes: Option<u64>,
    /// The store.
    pub provider: Provider,
    /// When this was so.
    #[serde(serialize_with = "moment")]
    pub generated_at: SystemTime,
    /// The same numbers by route: those that are cached and those that invalidate, by path.
    pub routes: Vec<RouteStats>,
    /// Those of all layers made by hand.
    #[serde(serialize_with = "with_rate")]
    pub layers: Counts,
    /// Those of what the program does itself: values, and its own invalidations.
    #[serde(serialize_with = "with_rate")]
    pub program: Counts,
}

/// How a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Provider {
    /// Whether it can be reached.
    pub status: ProviderStatus,
    /// How long it took to say so.
    #[serde(rename = "latencyMs", serialize_with = "milliseconds")]
    pub latency: Duration,
}

/// Whether a store can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ProviderStatus {
    /// It says so.
    Healthy,
    /// It says no, or nothing in time.
    Unhealthy,
}

/// What was counted for one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RouteStats {
    /// The method it was declared with.
    #[serde(serialize_with = "name")]
    pub method: Method,
    /// Its template.
    pub path: String,
    /// The numbers.
    #[serde(flatten, serialize_with = "with_rate")]
    pub counts: Counts,
}

/// What was counted. The fields are those of [`CacheStats`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are those of `CacheStats`")]
#[non_exhaustive]
pub struct Counts {
    pub hits: u64,
    pub misses: u64,
    pub stale: u64,
    pub bypasses: u64,
    pub sets: u64,
    pub refreshes: u64,
    pub invalidations: u64,
}

impl Counts {
    /// The share of hits, stale ones included, in all requests that were no bypasses.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of more than 2^53 requests is close enough")]
    pub fn hit_rate(&self) -> f64 {
        let (given, asked) = (self.hits + self.stale, self.hits + self.stale + self.misses);
        if asked == 0 { 0.0 } else { given as f64 / asked as f64 }
    }

    pub(in crate::cache) fn and(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            misses: self.misses + other.misses,
            stale: self.stale + other.stale,
            bypasses: self.bypasses + other.bypasses,
            sets: self.sets + other.sets,
            refreshes: self.refreshes + other.refreshes,
            invalidations: self.invalidations + other.invalidations,
        }
    }
}

/// How the store of a cache is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Condition {
    pub(crate) provider: Provider,
    /// `None` if it does not say.
    pub(crate) size: Option<StoreSize>,
}

impl Cache {
    /// What it has done since it was made, in all partitions, and how its store is. A store that cannot be reached is part of what it says.
    pub async fn stats(&self) -> CacheStats {
        let Condition { provider, size } = self.condition().await;
        let pages = self.book().read();
        let total = pages.total();
        let routes = pages.routes.into_iter().map(|(method, path, counts)| RouteStats { method, path, counts });
        CacheStats {
            hits: total.hits,
            misses: total.misses,
            stale: total.stale,
            bypasses: total.bypasses,
            sets: total.sets,
            refreshes: total.refreshes,
            invalidations: total.invalidations,
            hit_rate: total.hit_rate(),
            evictions: size.map(|size| size.evictions),
            entries: size.map(|size| size.entries),
            bytes: size.map(|size| size.bytes),
            provider,
            generated_at: SystemTime::UNIX_EPOCH + self.clock().unix_time(),
            routes: routes.collect(),
            layers: pages.layers,
            program: pages.program,
        }
    }

    /// What layers made by hand did, and the program itself.
    pub(crate) fn counts_by_hand(&self) -> (Counts, Counts) {
        let pages = self.book().read();
        (pages.layers, pages.program)
    }

    /// Asks the store how it is.
    pub(crate) async fn condition(&self) -> Condition {
        let began = self.now();
        let health = self.health().await;
        let latency = self.now() - began;
        // One that is away would only let us wait again.
        let size = match health {
            Ok(()) => self.size().await,
            Err(error) => Err(error),
        };
        if let Err(error) = &size {
            tracing::debug!(error = %Printable(Chain(error)), "the cache's store does not say how it is");
        }
        let status = if size.is_ok() { ProviderStatus::Healthy } else { ProviderStatus::Unhealthy };
        Condition { provider: Provider { status, latency }, size: size.ok() }
    }

    /// The same where the store answers at once.
    pub(crate) fn condition_now(&self) -> Option<Condition> {
        let provider = Provider { status: ProviderStatus::Healthy, latency: Duration::ZERO };
        self.size_now().map(|size| Condition { provider, size: Some(size) })
    }
}

fn with_rate<S: Serializer>(counts: &Counts, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Rated<'a> {
        #[serde(flatten)]
        counts: &'a Counts,
        hit_rate: f64,
    }
    Rated { counts, hit_rate: counts.hit_rate() }.serialize(serializer)
}

fn name<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1000.0)
}

fn moment<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_str(&rfc3339(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hit_rates() {
        let rate = |hits, stale, misses| Counts { hits, stale, misses, bypasses: 7, ..Counts::default() }.hit_rate();
        for (name, found, expected) in [
            ("no requests", rate(0, 0, 0), 0.0),
            ("misses alone", rate(0, 0, 3), 0.0),
            ("hits alone", rate(3, 0, 0), 1.0),
            ("stale ones are hits", rate(1, 2, 1), 0.75),
        ] {
            assert!((found - expected).abs() < f64::EPSILON, "{name}: {found}");
        }
    }
}
