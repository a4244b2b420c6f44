//! One fetch per key: the first request that misses leads it, and later requests wait for its outcome.

use std::{
    collections::{HashMap, hash_map::Entry as Place},
    hash::BuildHasherDefault,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::response::IntoResponse;
use http::StatusCode;
use tokio::sync::watch;

use crate::{
    cache::{
        store::{buffered_response::BufferedResponse, key::Key, stored_response::StoredResponse},
        validity::{identity_hasher::IdentityHasher, stamp::Stamp},
    },
    observe::Failure,
    problem::Problem,
};

/// The outcome of a fetch, as the requests that wait for it receive it.
#[derive(Debug, Clone)]
pub(in crate::cache) enum FillOutcome {
    /// The response was stored.
    Stored(Arc<StoredResponse>),
    /// The handler failed after this stamp, and would fail for the waiting requests as well: they receive the same
    /// response.
    Failed(Arc<BufferedResponse>, Stamp),
    /// The response is for one request: each of the others calls the handler itself.
    Alone,
}

impl FillOutcome {
    /// A failure that is told to the waiting requests as this problem and no more.
    pub(in crate::cache) fn failed(problem: Problem, failure: Option<Failure>, stamp: Stamp) -> Self {
        let document = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = problem.into_response();
        if let Some(failure) = failure {
            response.extensions_mut().insert(failure);
        }
        let buffered = BufferedResponse::new(response.status(), response.headers(), &document);
        Self::Failed(Arc::new(buffered.with_extensions(response.extensions())), stamp)
    }
}

const SHARDS: u64 = 16;

/// The keys that are being fetched.
#[derive(Debug)]
pub(in crate::cache) struct Flights(Box<[Mutex<FlightShard>]>);

/// By the hash of the key. Two keys with the same hash do not share a flight.
type FlightShard = HashMap<u64, Flight, BuildHasherDefault<IdentityHasher>>;

#[derive(Debug)]
struct Flight {
    key: Key,
    outcome: watch::Receiver<Option<FillOutcome>>,
}

/// What a request that missed has to do.
pub(in crate::cache) enum Role {
    /// Fetch, and land the outcome.
    Lead(Lead),
    /// Wait for the outcome with [`landed`].
    Join(watch::Receiver<Option<FillOutcome>>),
    /// Fetch without a flight: another key with the same hash has taken the place.
    Alone,
}

impl Flights {
    /// The role of a request for `key`. `stamp` is the logical time at which the request began.
    pub(in crate::cache) fn board(self: &Arc<Self>, key: &Key, stamp: Stamp) -> Role {
        match self.shard(key.hash()).entry(key.hash()) {
            Place::Occupied(flight) if flight.get().key != *key => Role::Alone,
            Place::Occupied(flight) => Role::Join(flight.get().outcome.clone()),
            Place::Vacant(place) => {
                let (sender, outcome) = watch::channel(None);
                place.insert(Flight { key: key.clone(), outcome });
                Role::Lead(Lead { flights: Arc::clone(self), hash: key.hash(), stamp, sender })
            }
        }
    }

    /// Whether a request is fetching this key.
    pub(in crate::cache) fn is_under_way(&self, key: &Key) -> bool {
        self.shard(key.hash()).get(&key.hash()).is_some_and(|flight| flight.key == *key)
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, FlightShard> {
        let index = usize::try_from(hash >> 32 & (SHARDS - 1)).expect("four bits");
        self.0[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Flights {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }
}

/// The right, and the duty, to fetch a key. If it is dropped without an outcome, one of the waiting requests takes
/// over.
#[derive(Debug)]
pub(in crate::cache) struct Lead {
    flights: Arc<Flights>,
    hash: u64,
    stamp: Stamp,
    sender: watch::Sender<Option<FillOutcome>>,
}

impl Lead {
    /// Hands the outcome to the waiting requests.
    pub(in crate::cache) fn land(self, outcome: FillOutcome) {
        self.sender.send_replace(Some(outcome));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
            self.sender.send_replace(Some(FillOutcome::failed(problem, Some(Failure::Panic), self.stamp)));
        }
        // Requests that begin from now on find what was stored.
        self.flights.shard(self.hash).remove(&self.hash);
    }
}

/// Waits for the outcome of a flight. `None` if its lead was dropped without one.
pub(in crate::cache) async fn landed(mut outcome: watch::Receiver<Option<FillOutcome>>) -> Option<FillOutcome> {
    match outcome.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_one_hash_share_no_flight() {
        let flights = Arc::<Flights>::default();
        let (a, b, stamp) = (Key::with_hash(b"a", 7), Key::with_hash(b"b", 7), Stamp::new(1));
        let Role::Lead(lead) = flights.board(&a, stamp) else { panic!("the first request leads") };
        assert!(matches!(flights.board(&a, stamp), Role::Join(_)), "the same key");
        assert!(
            matches!(flights.board(&b, stamp), Role::Alone),
            "another key must not receive the response of this one"
        );
        drop(lead);
        assert!(matches!(flights.board(&b, stamp), Role::Lead(_)));
    }
}
