//! One limit with the quotas of its keys.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use super::{
    client_key::{ClientKey, LimitedHead},
    gcra::{Gcra, QuotaDecision, QuotaState},
    key_table::{KeyTable, TableTotals},
    limit::Limit,
    shared_limit::SharedLimit,
};
use crate::{
    base::clock::Clock,
    shared_quotas::{QuotaTake, SharedDecision, SharedQuotas},
};

/// How many keys a limit keeps, unless it is configured.
pub(crate) const DEFAULT_MAX_KEYS: usize = 100_000;

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
    /// `None` if the limit is only counted here.
    shared: Option<SharedLimit>,
}

impl Limiter {
    /// Creates a limiter. The limit has no [`mistake`](super::limit::mistake).
    pub(crate) fn new(limit: Limit, clock: Clock, max_keys: usize) -> Self {
        let gcra = Gcra::new(limit.rate().period_nanos(), limit.effective_burst());
        let (table, start) = (KeyTable::new(max_keys), clock.now());
        let (hasher, silent_until) = (RandomState::new(), AtomicU64::new(0));
        Self { limit, gcra, table, clock, start, hasher, silent_until, shared: None }
    }

    /// Counts the requests of all processes together. `owner` is whose limit it is: a route, a group, or the app.
    pub(crate) fn sharing(mut self, quotas: SharedQuotas, owner: &str) -> Self {
        self.shared = Some(SharedLimit::new(quotas, owner, &self.limit));
        self
    }

    pub(crate) fn limit(&self) -> &Limit {
        &self.limit
    }

    pub(crate) fn totals(&self) -> TableTotals {
        let mut totals = self.table.totals();
        if let Some(shared) = &self.shared {
            totals.passed += shared.passed.load(Ordering::Relaxed);
            totals.exceeded += shared.exceeded.load(Ordering::Relaxed);
        }
        totals
    }

    /// How many requests this process has counted in place of the server; `None` if the limit is not shared.
    pub(crate) fn fallbacks(&self) -> Option<u64> {
        self.shared.as_ref().map(|shared| shared.fallbacks.load(Ordering::Relaxed))
    }

    pub(super) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    pub(super) fn quotas(&self) -> Option<&SharedQuotas> {
        self.shared.as_ref().map(|shared| &shared.quotas)
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The key of a request. `address` is asked for the client's if it is needed.
    #[inline]
    pub(super) fn key(&self, head: LimitedHead<'_>, address: impl FnOnce() -> Option<IpAddr>) -> u64 {
        match self.limit.by().client(head, address) {
            ClientKey::Address(address) => address,
            ClientKey::User(issuer, name) => self.hasher.hash_one((issuer, name)),
            ClientKey::Header(value) => self.hasher.hash_one(value),
            ClientKey::Text(text) => self.hasher.hash_one(text),
        }
    }

    /// The request as the server counts it; `None` if the limit is not shared.
    pub(super) fn shared_take(
        &self,
        head: LimitedHead<'_>,
        address: impl FnOnce() -> Option<IpAddr>,
    ) -> Option<QuotaTake> {
        let shared = self.shared.as_ref()?;
        Some(shared.take(&self.limit.by().client(head, address), &self.gcra, self.limit.observes()))
    }

    /// The state after a decision of the server.
    pub(super) fn state_of(&self, decision: SharedDecision) -> QuotaState {
        self.gcra.look(decision.used, 0)
    }

    /// Counts a request that the server has decided on.
    pub(super) fn count_shared(&self, passes: bool) {
        if let Some(shared) = &self.shared {
            SharedLimit::count(if passes { &shared.passed } else { &shared.exceeded });
        }
    }

    /// Counts a request that the server could not decide on.
    pub(super) fn count_fallback(&self) {
        if let Some(shared) = &self.shared {
            SharedLimit::count(&shared.fallbacks);
        }
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

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("limit", &self.limit).finish_non_exhaustive()
    }
}
