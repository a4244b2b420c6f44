//! One fetch per key: the first request that misses leads a flight, and later requests wait for its outcome.

use std::{
    collections::{HashMap, hash_map::Entry as Place},
    hash::BuildHasherDefault,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::StatusCode;
use tokio::sync::watch;

use crate::{
    base::redis_waits::RedisWaits,
    cache::{
        backend::{FillTurn, Store, warn},
        coalesce::outcome::{FailedFetch, FillOutcome, OutcomeReceiver},
        store::key::Key,
        validity::{identity_hasher::IdentityHasher, provenance::Provenance, stamp::Stamp, tag::Tag},
    },
    observe::Failure,
    problem::Problem,
};

const SHARDS: u64 = 16;

/// The keys that are being fetched.
#[derive(Debug)]
pub(in crate::cache) struct Flights(Box<[Mutex<FlightShard>]>);

/// By the hash of the key. Two keys with the same hash do not share a flight.
type FlightShard = HashMap<u64, Flight, BuildHasherDefault<IdentityHasher>>;

#[derive(Debug, Clone)]
struct Flight {
    key: Key,
    /// When the fetch began, and the tags that its response will have at least. Each flight has its own.
    provenance: Arc<Provenance>,
    outcome: OutcomeReceiver,
}

/// The role of a request that missed.
pub(in crate::cache) enum Role {
    /// It fetches, and reports the outcome.
    Lead(Lead),
    /// It waits for the outcome with [`landed`].
    Join(OutcomeReceiver),
    /// It fetches without a flight: another key with the same hash has one, or the store does not tell whether that of
    /// this key is still valid.
    Alone,
}

/// The times that decide which flight a request may join, and how long it has waited to know.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Boarding<'a> {
    /// The logical time at which the request began. It must respect all invalidations up to then.
    pub(in crate::cache) began: Stamp,
    /// The logical time of the last lookup.
    pub(in crate::cache) looked_up: Stamp,
    pub(in crate::cache) now: Instant,
    pub(in crate::cache) waits: &'a RedisWaits,
}

impl Flights {
    /// The role of a request for `key`. `tags` are those that its response will have at least.
    ///
    /// If the response of a flight is already invalid for a request that began after the invalidation, the request
    /// leads a new flight in its place.
    pub(in crate::cache) async fn board(
        self: &Arc<Self>,
        store: &Store,
        key: &Key,
        boarding: Boarding<'_>,
        tags: impl Fn() -> Vec<Tag>,
    ) -> Role {
        let mut invalid = None;
        loop {
            let flight = match self.take_place(key, boarding.looked_up, &tags, invalid.as_ref()) {
                Ok(role) => return role,
                Err(flight) => flight,
            };
            let Boarding { began, now, waits, .. } = boarding;
            match store.may_wait_for(key, &flight.provenance, (began, now), waits).await {
                Ok(true) => return Role::Join(flight.outcome),
                Ok(false) => invalid = Some(flight.provenance),
                // Others may still wait for it.
                Err(error) => {
                    warn(&error);
                    return Role::Alone;
                }
            }
        }
    }

    /// The role of a request that waited for a failed fetch: one of the waiting requests leads, and the others wait for
    /// it, however soon it ends.
    pub(in crate::cache) fn board_after(
        self: &Arc<Self>,
        failure: &FailedFetch,
        key: &Key,
        stamp: Stamp,
        tags: impl Fn() -> Vec<Tag>,
    ) -> Role {
        let mut second = failure.second.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(second) = &*second {
            return Role::Join(second.clone());
        }
        match self.take_place(key, stamp, tags, None) {
            Ok(Role::Lead(lead)) => {
                *second = Some(lead.sender.subscribe());
                Role::Lead(lead)
            }
            Ok(role) => role,
            Err(flight) => Role::Join(second.insert(flight.outcome).clone()),
        }
    }

    /// Leads, unless another request is fetching the key.
    pub(in crate::cache) fn lead(
        self: &Arc<Self>,
        key: &Key,
        stamp: Stamp,
        tags: impl Fn() -> Vec<Tag>,
    ) -> Option<Lead> {
        match self.take_place(key, stamp, tags, None) {
            Ok(Role::Lead(lead)) => Some(lead),
            Ok(Role::Join(_) | Role::Alone) | Err(_) => None,
        }
    }

    /// Leads, unless another request is fetching the key after another stamp than that of the `invalid` flight.
    fn take_place(
        self: &Arc<Self>,
        key: &Key,
        stamp: Stamp,
        tags: impl Fn() -> Vec<Tag>,
        invalid: Option<&Arc<Provenance>>,
    ) -> Result<Role, Flight> {
        let mut shard = self.shard(key.hash());
        let place = shard.entry(key.hash());
        if let Place::Occupied(place) = &place {
            let flight = place.get();
            if flight.key != *key {
                return Ok(Role::Alone);
            }
            if !invalid.is_some_and(|invalid| Arc::ptr_eq(invalid, &flight.provenance)) {
                return Err(flight.clone());
            }
        }
        let (sender, outcome) = watch::channel(None);
        let provenance = Arc::new(Provenance::new(stamp).with_tags(tags()));
        place.insert_entry(Flight { key: key.clone(), provenance: Arc::clone(&provenance), outcome });
        Ok(Role::Lead(Lead {
            flights: Arc::clone(self),
            hash: key.hash(),
            provenance,
            sender,
            turn: FillTurn::default(),
        }))
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
    provenance: Arc<Provenance>,
    sender: watch::Sender<Option<FillOutcome>>,
    /// The turn of this process, which ends with the flight.
    turn: FillTurn,
}

impl Lead {
    /// Other processes wait for this flight as well.
    pub(in crate::cache) fn set_turn(&mut self, turn: FillTurn) {
        self.turn = turn;
    }

    /// The turn of this process, which then ends without the flight.
    pub(in crate::cache) fn take_turn(&mut self) -> FillTurn {
        std::mem::take(&mut self.turn)
    }

    /// Passes the outcome to the waiting requests.
    pub(in crate::cache) fn land(mut self, outcome: FillOutcome) {
        // Another process must not wait for what is invalid already.
        let is_stored = matches!(outcome, FillOutcome::Stored(_)) && !self.is_replaced();
        self.turn.end(is_stored);
        // First, so that a waiting request that fetches again does not find this flight. Requests that begin from now
        // on find the stored response.
        self.leave();
        self.sender.send_replace(Some(outcome));
    }

    /// The logical time that decides whether this flight is invalid, so that another one replaces it.
    ///
    /// A value must not be stored with a later stamp. It could be valid although its flight was replaced, and
    /// `Cache::set`, which no longer finds that flight, would not invalidate it: it would overwrite a newer value.
    pub(in crate::cache) fn stamp(&self) -> Stamp {
        self.provenance.stamp()
    }

    /// Whether another flight has replaced this one, because an invalidation covers its response.
    pub(in crate::cache) fn is_replaced(&self) -> bool {
        !self.flights.shard(self.hash).get(&self.hash).is_some_and(|flight| self.is_of(flight))
    }

    fn is_of(&self, flight: &Flight) -> bool {
        Arc::ptr_eq(&flight.provenance, &self.provenance)
    }

    fn leave(&self) {
        if let Place::Occupied(place) = self.flights.shard(self.hash).entry(self.hash)
            && self.is_of(place.get())
        {
            place.remove();
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.leave();
        if std::thread::panicking() {
            self.turn.end(false);
            let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
            let failed = FillOutcome::failed(problem, Some(Failure::Panic), self.provenance.stamp());
            self.sender.send_replace(Some(failed));
        }
    }
}

/// Waits for the outcome of a flight. `None` if its lead was dropped without one.
pub(in crate::cache) async fn landed(mut outcome: OutcomeReceiver) -> Option<FillOutcome> {
    match outcome.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_place(flights: &Arc<Flights>, key: &Key) -> Result<Role, Flight> {
        flights.take_place(key, Stamp::new(1), Vec::new, None)
    }

    #[test]
    fn keys_with_one_hash_share_no_flight() {
        let flights = Arc::<Flights>::default();
        let (a, b) = (Key::with_hash(b"a", 7), Key::with_hash(b"b", 7));
        let Ok(Role::Lead(lead)) = take_place(&flights, &a) else { panic!("the first request leads") };
        assert!(take_place(&flights, &a).is_err(), "the same key");
        assert!(
            matches!(take_place(&flights, &b), Ok(Role::Alone)),
            "another key must not receive the response of this one"
        );
        drop(lead);
        assert!(matches!(take_place(&flights, &b), Ok(Role::Lead(_))));
    }

    #[test]
    fn replaced_flight_leaves_its_successor_in_place() {
        let (flights, key) = (Arc::<Flights>::default(), Key::new(*b"a"));
        let Ok(Role::Lead(first)) = take_place(&flights, &key) else { panic!("the first request leads") };
        let invalid = Arc::clone(&first.provenance);
        let again = || flights.take_place(&key, Stamp::new(2), Vec::new, Some(&invalid));
        let Ok(Role::Lead(second)) = again() else { panic!("the flight is invalid") };
        assert!(first.is_replaced() && !second.is_replaced());
        assert!(again().is_err(), "a third request joins the second flight");
        first.land(FillOutcome::Alone);
        assert!(flights.is_under_way(&key), "the second flight stays");
        second.land(FillOutcome::Alone);
        assert!(!flights.is_under_way(&key));
    }
}
