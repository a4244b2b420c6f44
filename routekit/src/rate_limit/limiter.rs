//! One limit with the quotas of its keys.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use http::{Extensions, HeaderMap, request::Parts};

use super::{
    gcra::{Gcra, QuotaDecision, QuotaState},
    key_table::{KeyTable, TableTotals},
    limit::{Limit, LimitBy},
};
use crate::{base::clock::Clock, identity::Identity};

/// How many keys a limit keeps, unless it is configured.
pub(crate) const DEFAULT_MAX_KEYS: usize = 100_000;

/// The key of requests whose client has no address. It is the prefix of no address that is in use: `0000::/8` is
/// reserved (RFC 4291 §2.4), apart from `::/64`.
const NO_ADDRESS: u64 = 0x0000_fffe_0000_0000;
/// Likewise, the prefix of keys that are IPv4 addresses.
const IPV4: u64 = 0x0000_ffff_0000_0000;

/// The least time between two log lines about requests that only count.
const LOG_PERIOD_NANOS: u64 = 10_000_000_000;

/// One limit with the quotas of its keys. Routes share it if it is a default of the app.
pub(crate) struct Limiter {
    limit: Limit,
    gcra: Gcra,
    table: KeyTable,
    clock: Clock,
    /// Times are counted from here.
    start: Instant,
    /// Hashes names and values of headers to keys. Its seed is secret, so that no client can choose its key.
    hasher: RandomState,
    /// Requests beyond a limit that observes are logged again from this time on.
    silent_until: AtomicU64,
}

/// The parts of a request from which keys are made.
#[derive(Clone, Copy)]
pub(crate) struct LimitedHead<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) extensions: &'a Extensions,
    /// For functions. `None` if no limit has one.
    pub(super) parts: Option<&'a Parts>,
}

impl Limiter {
    /// Creates a limiter. The limit has no [`mistake`](super::limit::mistake).
    pub(crate) fn new(limit: Limit, clock: Clock, max_keys: usize) -> Self {
        let gcra = Gcra::new(limit.rate().period_nanos(), limit.effective_burst());
        let (table, start) = (KeyTable::new(max_keys), clock.now());
        Self { limit, gcra, table, clock, start, hasher: RandomState::new(), silent_until: AtomicU64::new(0) }
    }

    pub(crate) fn limit(&self) -> &Limit {
        &self.limit
    }

    pub(crate) fn totals(&self) -> TableTotals {
        self.table.totals()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The key of a request. `address` is asked for the client's if it is needed.
    #[inline]
    pub(super) fn key(&self, head: LimitedHead<'_>, address: impl FnOnce() -> Option<IpAddr>) -> u64 {
        let known = match self.limit.by() {
            LimitBy::Ip => None,
            LimitBy::User => head
                .extensions
                .get::<Identity>()
                .map(|identity| self.hasher.hash_one((identity.issuer(), identity.sub()))),
            LimitBy::Header(name) => head.headers.get(name).map(|value| self.hasher.hash_one(value.as_bytes())),
            LimitBy::Function(text) => head.parts.map(|parts| self.hasher.hash_one(text.of(parts))),
        };
        known.unwrap_or_else(|| address().map_or(NO_ADDRESS, key_of_address))
    }

    #[inline]
    pub(super) fn take(&self, key: u64, at: Instant) -> QuotaDecision {
        self.table.take(key, self.nanos(at), &self.gcra)
    }

    pub(super) fn look(&self, key: u64, at: Instant) -> QuotaState {
        self.table.look(key, self.nanos(at), &self.gcra)
    }

    pub(super) fn give_back(&self, key: u64) {
        self.table.give_back(key, &self.gcra);
    }

    /// Logs that requests are beyond a limit that observes, at most every ten seconds.
    #[cold]
    pub(super) fn log_observed(&self, at: Instant) {
        let now = self.nanos(at);
        let until = self.silent_until.load(Ordering::Relaxed);
        let is_first = || {
            let next = now.saturating_add(LOG_PERIOD_NANOS);
            self.silent_until.compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        if now >= until && is_first() {
            let (limit, total) = (&self.limit, self.totals().exceeded);
            tracing::info!(
                target: "routekit::rate_limit",
                %limit,
                total,
                "requests beyond the limit pass, because it only observes"
            );
        }
    }

    #[inline]
    fn nanos(&self, at: Instant) -> u64 {
        let elapsed = at.saturating_duration_since(self.start);
        elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos())
    }
}

/// The IPv4 address, or the first 64 bits of an IPv6 address: a client has at least that many (RFC 6177 §2).
#[inline]
fn key_of_address(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => IPV4 | u64::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_of_64_bits_are_one_key() {
        let key = |text: &str| key_of_address(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_ne!(key("0.0.0.0"), key("::1"));
    }
}
