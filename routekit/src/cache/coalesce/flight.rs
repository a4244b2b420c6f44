//! One flight per key: whoever misses first fills, whoever comes later waits for what comes of it.

use std::{
    collections::{HashMap, hash_map::Entry as Place},
    hash::BuildHasherDefault,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::response::IntoResponse;
use http::StatusCode;
use tokio::sync::watch;

use crate::cache::{Entry, Key, Snapshot, Stamp, identity_hasher::AsIs};
use crate::{observe::Failure, problem::Problem};

/// What came of a fill.
#[derive(Debug, Clone)]
pub(in crate::cache) enum Outcome {
    /// It was stored.
    Stored(Arc<Entry>),
    /// It failed after this, and so would all who wait: they are told the same.
    Failed(Arc<Snapshot>, Stamp),
    /// It is not for others: each has to ask alone.
    Alone,
}

impl Outcome {
    /// A failure of which no more can be told than this.
    pub(in crate::cache) fn failed(problem: Problem, failure: Option<Failure>, stamp: Stamp) -> Self {
        let document = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = problem.into_response();
        if let Some(failure) = failure {
            response.extensions_mut().insert(failure);
        }
        let snapshot = Snapshot::new(response.status(), response.headers(), &document);
        Self::Failed(Arc::new(snapshot.with_extensions(response.extensions())), stamp)
    }
}

const SHARDS: u64 = 16;

/// The fills that are under way.
#[derive(Debug)]
pub(in crate::cache) struct Flights(Box<[Mutex<Shard>]>);

/// By the hash of the key. Keys of one hash fly one after the other.
type Shard = HashMap<u64, Flight, BuildHasherDefault<AsIs>>;

#[derive(Debug)]
struct Flight {
    key: Key,
    outcome: watch::Receiver<Option<Outcome>>,
}

/// What one who missed has to do.
pub(in crate::cache) enum Role {
    /// Fill, and say what came of it.
    Lead(Lead),
    /// Wait.
    Join(watch::Receiver<Option<Outcome>>),
    /// Fill, and tell nobody: the place is taken by another key.
    Alone,
}

impl Flights {
    /// `stamp` is what the clock said when whoever asks began.
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

    /// Whether somebody fills this key.
    pub(in crate::cache) fn is_under_way(&self, key: &Key) -> bool {
        self.shard(key.hash()).get(&key.hash()).is_some_and(|flight| flight.key == *key)
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        let index = usize::try_from(hash >> 32 & (SHARDS - 1)).expect("four bits");
        self.0[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Flights {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }
}

/// Whoever fills. Dropped without an outcome, one of those who wait fills in its place.
#[derive(Debug)]
pub(in crate::cache) struct Lead {
    flights: Arc<Flights>,
    hash: u64,
    stamp: Stamp,
    sender: watch::Sender<Option<Outcome>>,
}

impl Lead {
    /// Tells all who wait.
    pub(in crate::cache) fn land(self, outcome: Outcome) {
        self.sender.send_replace(Some(outcome));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
            self.sender.send_replace(Some(Outcome::failed(problem, Some(Failure::Panic), self.stamp)));
        }
        // Whoever comes from now on looks into the store first.
        self.flights.shard(self.hash).remove(&self.hash);
    }
}

/// What came of the fill; `None` if whoever led it was dropped.
pub(in crate::cache) async fn landed(mut outcome: watch::Receiver<Option<Outcome>>) -> Option<Outcome> {
    match outcome.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_hash_do_not_fly_together() {
        let flights = Arc::<Flights>::default();
        let (a, b, stamp) = (Key::with_hash(b"a", 7), Key::with_hash(b"b", 7), Stamp::new(1));
        let Role::Lead(lead) = flights.board(&a, stamp) else { panic!("nobody else is there") };
        assert!(matches!(flights.board(&a, stamp), Role::Join(_)), "the same key");
        assert!(matches!(flights.board(&b, stamp), Role::Alone), "another key must not be given what this one brings");
        drop(lead);
        assert!(matches!(flights.board(&b, stamp), Role::Lead(_)));
    }
}
