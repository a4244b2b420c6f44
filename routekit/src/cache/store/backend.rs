//! The store of a cache as the engine uses it: called directly if it is the embedded one, else within a time budget.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::{
    base::{
        clock::Clock,
        printable::{Chain, Printable},
    },
    cache::{
        stats::condition::{ProviderStatus, StoreCondition, StoreSize},
        store::{
            buffered_response::BufferedResponse,
            claim::ClaimOutcome,
            contract::{CacheStore, StoreError, StoreFuture},
            embedded::Embedded,
            entry::Entry,
            key::Key,
            lookup_result::Lookup,
            stored_response::StoredResponse,
        },
        validity::{provenance::Provenance, stamp::Stamp, target::Target},
    },
    deadline::within,
};

/// A store that takes longer to answer counts as unavailable.
const BUDGET: Duration = Duration::from_millis(250);

/// The budget of an invalidation: longer, since a lost one leaves stale entries, and finite, since a request waits for
/// it.
const INVALIDATION_BUDGET: Duration = Duration::from_secs(5);

/// The bytes of a key that has no entry.
const UNUSED_KEY: &[u8] = b"unused";

/// The store of a cache: the embedded one, which answers at once, or another one.
#[derive(Clone)]
pub(in crate::cache) enum Store {
    Embedded(Arc<Embedded>),
    Other(Arc<dyn CacheStore>),
}

impl Store {
    /// Looks up in the embedded store, and returns the time that freshness was computed for; `None` for another store.
    pub(in crate::cache) fn lookup_now(&self, key: &Key) -> Option<(Lookup, Instant)> {
        match self {
            Self::Embedded(embedded) => Some(embedded.get(key)),
            Self::Other(_) => None,
        }
    }

    pub(in crate::cache) async fn lookup(&self, key: &Key) -> Result<Lookup, StoreError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.get(key).0),
            Self::Other(other) => in_time(BUDGET, other.lookup(key)).await,
        }
    }

    /// Returns the stamp of a value that is read from now on.
    pub(in crate::cache) async fn stamp(&self) -> Result<Stamp, StoreError> {
        self.lookup(&Key::new(UNUSED_KEY)).await.map(|found| found.stamp())
    }

    pub(in crate::cache) async fn put(&self, entry: Entry) -> Result<(), StoreError> {
        in_time(BUDGET, self.get().put(entry)).await
    }

    /// Stores an entry, and returns whether that succeeded. A failure is logged.
    pub(in crate::cache) async fn put_or_warn(&self, entry: Entry) -> bool {
        self.put(entry).await.inspect_err(warn).is_ok()
    }

    /// Whether no invalidation after its stamp covers the response. A failure is logged, and counts as invalid.
    pub(in crate::cache) async fn is_valid(&self, response: &Arc<StoredResponse>) -> bool {
        let entry = Entry::Response(Arc::clone(response));
        in_time(BUDGET, self.get().is_valid(&entry)).await.unwrap_or_else(|error| {
            warn(&error);
            false
        })
    }

    /// Whether a response that another request fetched may answer a request that began at the stamp `began`: it must
    /// not be older than an invalidation that had returned by then.
    pub(in crate::cache) async fn may_share(&self, response: &Arc<StoredResponse>, began: Stamp) -> bool {
        response.stamp() >= began || self.is_valid(response).await
    }

    /// Whether a request that began at the stamp `began` may wait for a response of `key` that is being computed.
    pub(in crate::cache) async fn may_wait_for(
        &self,
        key: &Key,
        provenance: &Provenance,
        (began, now): (Stamp, Instant),
    ) -> bool {
        if provenance.stamp() >= began {
            return true;
        }
        match self {
            Self::Embedded(embedded) => embedded.is_valid_provenance(provenance, key),
            Self::Other(_) => self.is_valid(&over(key, provenance, now)).await,
        }
    }

    /// Removes the response of `key`: a store has no other way than to replace it by one that is over.
    pub(in crate::cache) async fn remove(&self, key: &Key, stamp: Stamp, now: Instant) {
        self.put_or_warn(Entry::Response(over(key, &Provenance::new(stamp), now))).await;
    }

    /// Invalidates in the embedded store. Returns `false` if the store is another.
    pub(in crate::cache) fn invalidate_now<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> bool {
        match self {
            Self::Embedded(embedded) => {
                embedded.invalidate_now(targets);
                true
            }
            Self::Other(_) => false,
        }
    }

    pub(in crate::cache) async fn invalidate(&self, targets: &[Target]) -> Result<(), StoreError> {
        in_time(INVALIDATION_BUDGET, self.get().invalidate(targets)).await.map(drop)
    }

    pub(in crate::cache) async fn clear(&self) -> Result<(), StoreError> {
        in_time(INVALIDATION_BUDGET, self.get().clear()).await.map(drop)
    }

    pub(in crate::cache) fn has_claims(&self) -> bool {
        self.get().has_claims()
    }

    pub(in crate::cache) async fn claim(
        &self,
        key: &Key,
        record: Bytes,
        keep_for: Duration,
    ) -> Result<ClaimOutcome, StoreError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.claim_now(key, record, keep_for)),
            Self::Other(other) => in_time(BUDGET, other.claim(key, record, keep_for)).await,
        }
    }

    pub(in crate::cache) async fn swap_claim(
        &self,
        key: &Key,
        held: &Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.swap_claim_now(key, held, next, keep_for)),
            Self::Other(other) => in_time(BUDGET, other.swap_claim(key, held, next, keep_for)).await,
        }
    }

    /// Removes a record of the embedded store, if it is still `held`. Returns `false` if the store is another.
    pub(in crate::cache) fn release_claim_now(&self, key: &Key, held: &Bytes) -> bool {
        match self {
            Self::Embedded(embedded) => {
                embedded.swap_claim_now(key, held, None, Duration::ZERO);
                true
            }
            Self::Other(_) => false,
        }
    }

    pub(in crate::cache) async fn size(&self) -> Result<StoreSize, StoreError> {
        in_time(BUDGET, self.get().size()).await
    }

    pub(in crate::cache) async fn health(&self) -> Result<(), StoreError> {
        in_time(BUDGET, self.get().health()).await
    }

    /// Checks the health of the store, and its size.
    pub(in crate::cache) async fn condition(&self, clock: &Clock) -> StoreCondition {
        let began = clock.now();
        let health = self.health().await;
        let latency = clock.now() - began;
        // An unhealthy store would only make the caller wait again.
        let size = match health {
            Ok(()) => self.size().await,
            Err(error) => Err(error),
        };
        if let Err(error) = &size {
            tracing::debug!(error = %Printable(Chain(error)), "the cache's store is unhealthy");
        }
        let status = if size.is_ok() { ProviderStatus::Healthy } else { ProviderStatus::Unhealthy };
        StoreCondition::new(status, latency, size.ok())
    }

    /// The condition of the embedded store; `None` if the store is another.
    pub(in crate::cache) fn condition_now(&self) -> Option<StoreCondition> {
        match self {
            Self::Embedded(embedded) => {
                let size = embedded.measured();
                Some(StoreCondition::new(ProviderStatus::Healthy, Duration::ZERO, Some(size)))
            }
            Self::Other(_) => None,
        }
    }

    fn get(&self) -> &dyn CacheStore {
        match self {
            Self::Embedded(embedded) => &**embedded,
            Self::Other(other) => &**other,
        }
    }
}

/// A response without content that is over at `now`.
fn over(key: &Key, provenance: &Provenance, now: Instant) -> Arc<StoredResponse> {
    let empty = BufferedResponse::new(StatusCode::NO_CONTENT, &HeaderMap::new(), b"");
    let response = StoredResponse::new(key.clone(), empty, provenance.stamp(), now, Duration::ZERO);
    Arc::new(response.with_tags(provenance.tags()))
}

/// Logs that a store could not be reached while a request or a value needed it.
pub(in crate::cache) fn warn(error: &StoreError) {
    if error.is_known() {
        tracing::debug!(error = %Printable(Chain(error)), "a request is answered without the cache");
    } else {
        tracing::warn!(error = %Printable(Chain(error)), "a request is answered without the cache");
    }
}

async fn in_time<T>(budget: Duration, call: StoreFuture<'_, T>) -> Result<T, StoreError> {
    within(budget, call).await.unwrap_or_else(|| Err(StoreError::new(format!("no answer within {budget:?}"))))
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded(_) => "Embedded",
            Self::Other(_) => "Other",
        })
    }
}
