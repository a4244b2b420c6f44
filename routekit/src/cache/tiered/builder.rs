//! The settings of a tiered store.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    held_turns::HeldTurns, near::NearTier, parts::TieredParts, store::TieredStore, trust::FeedTrust,
    write_behind::WriteBehind,
};
use crate::{
    base::spawner::sole_task::SoleTask,
    cache::{redis::store::RedisStore, redis_fallback::RedisFallback, store::embedded::DEFAULT_BYTES},
    route::Consistency,
};

/// The default lease: one second.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(1);

/// The shortest lease: a heartbeat must fit into a quarter of it.
const MIN_LEASE: Duration = Duration::from_millis(100);

/// The longest lease.
const MAX_LEASE: Duration = Duration::from_secs(60);

/// Builds a [`TieredStore`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct TieredStoreBuilder {
    redis: RedisStore,
    bytes: u64,
    lease: Duration,
    fallback: RedisFallback,
    consistency: Consistency,
}

impl TieredStoreBuilder {
    pub(super) fn new(redis: RedisStore) -> Self {
        Self {
            redis,
            bytes: DEFAULT_BYTES,
            lease: DEFAULT_LEASE,
            fallback: RedisFallback::default(),
            consistency: Consistency::default(),
        }
    }

    /// Sets the size of the tier in memory, in bytes. Defaults to 64 MiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets the longest time after which an invalidation by another process counts in this one, between 100 ms and a
    /// minute. With zero, each request asks Redis, and memory is only used while Redis is away. Defaults to one second.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Sets what happens while Redis is away. Defaults to [`RedisFallback::Memory`].
    pub fn fallback(mut self, fallback: RedisFallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// Sets when an invalidation by another process counts on routes that do not declare it, and for values. Defaults
    /// to [`Consistency::Bounded`].
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// Builds the store.
    ///
    /// # Panics
    /// If the lease is neither zero nor between 100 ms and a minute.
    #[track_caller]
    #[must_use]
    pub fn build(self) -> TieredStore {
        assert!(is_lease(self.lease), "`lease` must be zero, or between 100 ms and a minute, and is {:?}", self.lease);
        let (clock, spawner) = self.redis.clock_and_spawner();
        TieredStore {
            parts: Arc::new(TieredParts {
                near: NearTier::new(self.bytes, clock.clone()),
                trust: FeedTrust::new(self.lease, clock.now()),
                writes: WriteBehind::new(self.redis.clone(), spawner.clone()),
                turns: HeldTurns::default(),
                lease: self.lease,
                fallback: self.fallback,
                consistency: self.consistency,
                clock,
                spawner,
                following: SoleTask::default(),
                extending: SoleTask::default(),
                beat_now: Arc::default(),
                redis: self.redis,
            }),
        }
    }
}

impl TieredStore {
    /// Creates a store with the default settings.
    #[must_use]
    pub fn new(redis: RedisStore) -> Self {
        Self::builder(redis).build()
    }

    /// Returns a builder with the default settings.
    pub fn builder(redis: RedisStore) -> TieredStoreBuilder {
        TieredStoreBuilder::new(redis)
    }
}

/// Whether a lease can be used.
pub(crate) fn is_lease(lease: Duration) -> bool {
    lease.is_zero() || (MIN_LEASE..=MAX_LEASE).contains(&lease)
}

impl fmt::Debug for TieredStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TieredStoreBuilder")
            .field("redis", &self.redis)
            .field("max_bytes", &self.bytes)
            .field("lease", &self.lease)
            .field("fallback", &self.fallback)
            .field("consistency", &self.consistency)
            .finish()
    }
}
