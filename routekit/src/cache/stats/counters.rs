//! Counters of a cache, indexed by an enum.

use std::{
    array, fmt,
    ops::Add,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Defines the counters in one place: the enum, the methods that count, the getters, and the names in JSON.
macro_rules! counted {
    ($($(#[$doc:meta])* $variant:ident: $count:ident, $getter:ident;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Counted {
            $($variant),+
        }

        impl Counted {
            const ALL: [Self; COUNTED] = [$(Self::$variant),+];

            const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($getter)),+
                }
            }
        }

        const COUNTED: usize = [$(stringify!($variant)),+].len();

        impl Counters {
            $(
                $(#[$doc])*
                #[inline]
                pub(in crate::cache) fn $count(&self) {
                    self.add(Counted::$variant);
                }
            )+
        }

        impl Counts {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $getter(&self) -> u64 {
                    self.0[Counted::$variant as usize]
                }
            )+
        }
    };
}

counted! {
    /// Requests that were answered with a fresh stored response: `X-Cache: HIT`.
    Hit: hit, hits;
    /// Requests that called the handler, or waited for another request that did: `X-Cache: MISS`.
    Miss: miss, misses;
    /// Requests that were answered with a stale stored response: `X-Cache: STALE`.
    Stale: stale, stale;
    /// Requests that bypassed the cache, or whose response was for one client only: `X-Cache: BYPASS`.
    Bypass: bypass, bypasses;
    /// Entries that were stored.
    Set: set, sets;
    /// Entries that were refreshed in the background.
    Refresh: refresh, refreshes;
    /// Calls that invalidated. The number of entries that each call covered is not known.
    Invalidation: invalidation, invalidations;
}

/// The counters of one route, of all plain layers, or of the program.
///
/// The counters only rise and decide nothing, so each is counted alone (`Relaxed`). They have their own cache line, so
/// that cores that count for different routes do not wait for each other.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Counters([AtomicU64; COUNTED]);

impl Counters {
    #[inline]
    fn add(&self, counted: Counted) {
        self.0[counted as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the counts so far.
    pub(crate) fn read(&self) -> Counts {
        Counts(array::from_fn(|index| self.0[index].load(Ordering::Relaxed)))
    }
}

/// The counts at one moment.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; COUNTED]);

impl Counts {
    /// Returns the share of hits, stale ones included, in all requests except bypasses: 0 to 1, and 0 without requests.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of more than 2^53 requests is close enough")]
    pub fn hit_rate(&self) -> f64 {
        let served = self.hits() + self.stale();
        let requests = served + self.misses();
        if requests == 0 { 0.0 } else { served as f64 / requests as f64 }
    }

    /// The same with this number of invalidations.
    pub(super) fn with_invalidations(mut self, invalidations: u64) -> Self {
        self.0[Counted::Invalidation as usize] = invalidations;
        self
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(array::from_fn(|index| self.0[index] + other.0[index]))
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(COUNTED + 1))?;
        for counted in Counted::ALL {
            map.serialize_entry(counted.as_str(), &self.0[counted as usize])?;
        }
        map.serialize_entry("hitRate", &self.hit_rate())?;
        map.end()
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = f.debug_struct("Counts");
        for counted in Counted::ALL {
            counts.field(counted.as_str(), &self.0[counted as usize]);
        }
        counts.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hit_rate_of_requests() {
        for (name, hits, stale, misses, expected) in [
            ("no requests", 0, 0, 0, 0.0),
            ("only misses", 0, 0, 3, 0.0),
            ("only hits", 3, 0, 0, 1.0),
            ("stale ones are hits", 1, 2, 1, 0.75),
        ] {
            let counts = Counts([hits, misses, stale, 7, 0, 0, 0]);
            assert!((counts.hit_rate() - expected).abs() < f64::EPSILON, "{name}: {counts:?}");
        }
    }

    #[test]
    fn each_counter_has_a_getter_and_a_name() {
        let counters = Counters::default();
        let count = [
            Counters::hit,
            Counters::miss,
            Counters::stale,
            Counters::bypass,
            Counters::set,
            Counters::refresh,
            Counters::invalidation,
        ];
        for (times, count) in (1..).zip(count) {
            (0..times).for_each(|_| count(&counters));
        }
        let counts = counters.read();
        assert_eq!(counts, Counts([1, 2, 3, 4, 5, 6, 7]));
        assert_eq!((counts.hits(), counts.misses(), counts.stale(), counts.bypasses()), (1, 2, 3, 4));
        assert_eq!((counts.sets(), counts.refreshes(), counts.invalidations()), (5, 6, 7));
        let json = serde_json::to_value(counts).unwrap();
        let expected = serde_json::json!({
            "hits": 1, "misses": 2, "stale": 3, "bypasses": 4, "sets": 5, "refreshes": 6, "invalidations": 7,
            "hitRate": counts.hit_rate(),
        });
        assert_eq!(json, expected);
    }
}
