//! The contract of all stores.

use std::time::Duration;

use routekit::cache::{CacheStore, RedisFallback, TieredStore};

use super::within;
use crate::{
    cache_store::broken_between,
    redis::{SLACK, Time},
    support::RedisServer,
};

#[tokio::test]
async fn memory_in_front_of_redis_keeps_the_contract() {
    let Some(server) = RedisServer::start_with_clock("tiered-contract", &[]) else { return };
    let time = Time::stop(&server);
    // A server that is too slow must not look like a promise that is broken.
    let store = TieredStore::builder(time.store()).fallback(RedisFallback::None).build();
    within("the server", async || store.health().await.is_ok()).await;
    let broken = broken_between([&store, &store], &time.clock, &|by| time.advance(by), SLACK).await;
    assert_eq!(broken, [""; 0]);
}

/// Without a lease, each lookup asks Redis, so that what one process does counts in the other at once.
#[tokio::test]
async fn two_processes_keep_the_contract_together() {
    let Some(server) = RedisServer::start_with_clock("tiered-contract-two", &[]) else { return };
    let time = Time::stop(&server);
    let store = || TieredStore::builder(time.store()).lease(Duration::ZERO).fallback(RedisFallback::None).build();
    let (one, two) = (store(), store());
    for store in [&one, &two] {
        within("the server", async || store.health().await.is_ok()).await;
    }
    let broken = broken_between([&one, &two], &time.clock, &|by| time.advance(by), SLACK).await;
    assert_eq!(broken, [""; 0]);
}
