//! The contract of all stores, kept by Redis: by one handle, and by two of different processes.

use std::{cell::Cell, time::Duration};

use axum::body::Bytes;
use routekit::{
    ManualClock,
    cache::{CacheStore, ClaimOutcome, Key, RedisStore},
};

use super::within;
use crate::{
    cache_store::broken_between,
    support::{MINUTE, RedisServer, unix_time},
};

/// By how much the clock of Valkey goes on although it was stopped: it adds what has passed since it last read it.
pub(crate) const SLACK: Duration = Duration::from_millis(100);

/// A step beyond the time that is to pass, so that it has passed in any case.
const STEP: Duration = Duration::from_millis(10);

/// The clock of a server and that of its clients, which stand still unless the test moves them.
pub(crate) struct Time<'a> {
    server: &'a RedisServer,
    pub(crate) clock: ManualClock,
    unix: Cell<Duration>,
}

impl<'a> Time<'a> {
    pub(crate) fn stop(server: &'a RedisServer) -> Self {
        let unix = Duration::from_secs(unix_time().as_secs() + 1);
        server.set_clock(unix);
        let clock = ManualClock::new();
        clock.set_unix_time(unix);
        Self { server, clock, unix: Cell::new(unix) }
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by = by + STEP;
        self.unix.set(self.unix.get() + by);
        self.server.set_clock(self.unix.get());
        self.clock.advance(by);
    }

    /// Sets the clock of the server back, and not that of its clients.
    pub(crate) fn set_server_back(&self, by: Duration) {
        self.unix.set(self.unix.get() - by);
        self.server.set_clock(self.unix.get());
    }

    /// A store with the largest budget: on a busy machine, a timeout would look like a promise that is broken.
    pub(crate) fn store(&self) -> RedisStore {
        let builder = RedisStore::builder(self.server.url()).clock(self.clock.clock());
        builder.budget(Duration::from_millis(250)).build().unwrap()
    }
}

pub(super) async fn reached(stores: &[&RedisStore]) {
    for store in stores {
        within("the server", async || store.health().await.is_ok()).await;
    }
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    let Some(server) = RedisServer::start_with_clock("contract", &[]) else { return };
    let time = Time::stop(&server);
    let store = time.store();
    reached(&[&store]).await;
    let broken = broken_between([&store, &store], &time.clock, &|by| time.advance(by), SLACK).await;
    assert_eq!(broken, [""; 0]);
}

#[tokio::test]
async fn two_processes_keep_the_contract_together() {
    let Some(server) = RedisServer::start_with_clock("contract-two", &[]) else { return };
    let time = Time::stop(&server);
    let (one, two) = (time.store(), time.store());
    reached(&[&one, &two]).await;
    let broken = broken_between([&one, &two], &time.clock, &|by| time.advance(by), SLACK).await;
    assert_eq!(broken, [""; 0]);
}

#[tokio::test]
async fn programs_with_different_prefixes_share_nothing() {
    let Some(server) = RedisServer::start("contract-prefixes", &[]) else { return };
    let store = |prefix| RedisStore::builder(server.url()).prefix(prefix).build().unwrap();
    let (one, two) = (store("one"), store("two"));
    let key = Key::new("key");
    let claim = async |store: &RedisStore, record: &'static str| {
        let mut outcome = None;
        within("a claim", async || {
            outcome = store.claim(&key, Bytes::from_static(record.as_bytes()), MINUTE).await.ok();
            outcome.is_some()
        })
        .await;
        outcome.unwrap()
    };
    assert_eq!(claim(&one, "one").await, ClaimOutcome::Won);
    assert_eq!(claim(&two, "two").await, ClaimOutcome::Won);
    assert_eq!(claim(&one, "again").await, ClaimOutcome::Taken(Bytes::from_static(b"one")));
}
