//! Claims of keys in the store of a cache, for policies that must know whether a request was processed.

use std::time::Duration;

use bytes::Bytes;
use http::Extensions;
use sha2::{Digest, Sha256};

use crate::{
    base::{clock::Clock, redis_waits::RedisWaits},
    cache::{
        cache::Cache,
        store::{
            claim::ClaimOutcome,
            contract::StoreError,
            key::{Key, put},
        },
    },
};

impl Cache {
    /// Whether the store has claims.
    pub(crate) fn has_claims(&self) -> bool {
        self.shared.store.has_claims()
    }

    /// The key of a claim in this partition, from parts that may be secret: the store only sees their SHA-256.
    pub(crate) fn claim_key(&self, parts: &[&[u8]]) -> Key {
        let prefix = &self.shared.values.key_prefix;
        let mut text = Vec::new();
        for part in [b"claim", prefix.as_bytes(), self.partition.as_bytes()].iter().chain(parts) {
            put(&mut text, part);
        }
        Key::new(Sha256::digest(&text).to_vec())
    }

    /// How long the request with these extensions has waited for the store, if that is in Redis.
    pub(crate) fn waits_of(&self, extensions: &mut Extensions) -> RedisWaits {
        self.shared.store.waits_of(extensions)
    }

    /// [`CacheStore::claim`](super::CacheStore::claim), for a request that has waited for so long.
    pub(crate) async fn claim(
        &self,
        key: &Key,
        record: Bytes,
        keep_for: Duration,
        waits: &RedisWaits,
    ) -> Result<ClaimOutcome, StoreError> {
        self.shared.store.claim(key, record, keep_for, waits).await
    }

    /// [`CacheStore::swap_claim`](super::CacheStore::swap_claim)
    pub(crate) async fn swap_claim(
        &self,
        key: &Key,
        held: &Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> Result<bool, StoreError> {
        self.shared.store.swap_claim(key, held, next, keep_for).await
    }

    /// Removes a record that is still `held`, at once or in a task. If the store is outside the process and there is no
    /// spawner, the record stays until its time has passed.
    pub(crate) fn release_claim(&self, key: &Key, held: &Bytes) {
        if self.shared.store.release_claim_now(key, held) {
            return;
        }
        if let Some(spawner) = &self.shared.spawner {
            let (store, key, held) = (self.shared.store.clone(), key.clone(), held.clone());
            spawner.spawn(async move {
                if let Err(error) = store.swap_claim(&key, &held, None, Duration::ZERO).await {
                    tracing::warn!(%error, "a claim is not released yet, and ends with its time at the latest");
                }
            });
        }
    }

    /// Runs a change of a claim to its end. The request waits for what is left of its budget, and a task does the rest.
    /// Without a spawner, the request waits for all of it.
    pub(crate) async fn finish(&self, change: impl Future<Output = ()> + Send + 'static, waits: &RedisWaits) {
        match &self.shared.spawner {
            Some(spawner) => self.shared.store.finish_change(change, waits, spawner).await,
            None => change.await,
        }
    }

    /// Starts a task that a shutdown need not wait for, if the cache has a spawner.
    pub(crate) fn spawn_repeatable(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(spawner) = &self.shared.spawner {
            spawner.spawn_repeatable(task);
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }
}
