//! Redis is away: memory answers, for a while, and honours the invalidations of its own process.

use std::{sync::Arc, time::Duration};

use routekit::{
    cache::{CacheStore, RedisStore, TieredStore},
    prelude::*,
    test::TestApp,
};

use super::{Node, World, item, within, without_fallback};
use crate::support::{RedisServer, exact};

#[tokio::test]
async fn memory_answers_while_redis_is_away() {
    let Some(mut server) = RedisServer::start("tiered-away", &[]) else { return };
    let world = Arc::default();
    let node = Node::new(&server.url(), &world);
    node.until_hit(1).await;
    server.kill();
    assert_eq!(node.read(1).await, (0, true), "what was there before");
    assert!(!node.read(2).await.1);
    assert_eq!(node.read(2).await, (0, true), "what was filled meanwhile");
    node.change(1).await;
    assert_eq!(node.read(1).await, (1, false), "its own invalidation counts");
    assert_eq!(node.read(1).await, (1, true));
    node.cache.clear().await.unwrap();
    assert!(!node.read(2).await.1);
    server.restart_empty();
    node.until_live().await;
    node.until_hit(1).await;
}

#[tokio::test]
async fn redis_that_is_absent_at_start_is_used_once_it_is_there() {
    let Some(mut server) = RedisServer::start("tiered-absent", &[]) else { return };
    server.kill();
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    for node in [&one, &two] {
        assert!(!node.read(1).await.1);
        assert!(node.read(1).await.1);
        node.change(1).await;
        assert_eq!(node.read(1).await, (world.version(1), false));
    }
    server.restart_empty();
    one.until_live().await;
    two.until_live().await;
    world.change(1);
    one.cache.invalidate_tag("item:1").await.unwrap();
    within("the other", async || two.read(1).await.0 == world.version(1)).await;
    two.until_hit(1).await;
}

/// What one process changed while Redis was away, the others see once both are back.
#[tokio::test]
async fn invalidation_during_an_outage_reaches_other_processes_after_it() {
    let Some(server) = RedisServer::start("tiered-missed", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    one.until_hit(1).await;
    two.until_hit(1).await;
    server.pause();
    one.change(1).await;
    server.resume();
    within("the invalidation", async || two.read(1).await.0 == world.version(1)).await;
}

#[tokio::test]
async fn without_fallback_each_request_calls_its_handler() {
    let Some(mut server) = RedisServer::start("tiered-none", &[]) else { return };
    let node = Node::of(without_fallback(&server.url()).lease(Duration::ZERO), &Arc::default());
    node.until_hit(1).await;
    server.kill();
    for _ in 0..5 {
        assert!(!node.read(1).await.1);
    }
    assert!(node.cache.invalidate_tag("item:1").await.is_err());
    server.restart_empty();
    node.until_hit(1).await;
}

/// Entries from before an outage, and those of it, are used for 30 seconds, however long they are fresh.
#[tokio::test]
async fn memory_answers_for_thirty_seconds() {
    let Some(mut server) = RedisServer::start("tiered-thirty", &[]) else { return };
    let clock = routekit::ManualClock::new();
    let redis = RedisStore::builder(server.url()).clock(clock.clock()).budget(Duration::from_millis(250));
    let store = TieredStore::new(redis.build().unwrap());
    let cache = exact().store(store).clock(clock.clock()).build();
    let world = Arc::<World>::default();
    let app = App::with_routes(routes![item]).cache(cache).provide_shared(Arc::clone(&world));
    let app = TestApp::new(app);
    let x_cache = async || app.get("/tiered/item/1").send().await.header("x-cache").unwrap().to_owned();
    within("a hit", async || x_cache().await == "HIT").await;
    server.kill();
    clock.advance(Duration::from_secs(29));
    assert_eq!(x_cache().await, "HIT");
    clock.advance(Duration::from_secs(2));
    assert_eq!([x_cache().await, x_cache().await], ["MISS", "HIT"]);
    clock.advance(Duration::from_secs(29));
    assert_eq!(x_cache().await, "HIT");
    clock.advance(Duration::from_secs(2));
    assert_eq!(x_cache().await, "MISS");
}

/// Requests that wait for the same page share one call of the handler, also while Redis is away.
#[tokio::test]
async fn requests_are_coalesced_while_redis_is_away() {
    let Some(mut server) = RedisServer::start("tiered-coalesced", &[]) else { return };
    let world = Arc::default();
    let node = Node::new(&server.url(), &world);
    node.until_hit(1).await;
    server.kill();
    node.read(3).await;
    let calls = world.calls();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let node = node.clone();
        tasks.spawn(async move { node.read(2).await });
    }
    tasks.join_all().await;
    assert_eq!(world.calls(), calls + 1);
}

/// The client of a handler that invalidates may leave while Redis hangs.
#[tokio::test]
async fn invalidation_that_is_given_up_counts_in_its_process() {
    let Some(server) = RedisServer::start("tiered-given-up", &[]) else { return };
    let world = Arc::default();
    let node = Node::of(super::tiered(&server.url()).lease(Duration::from_secs(60)), &world);
    node.until_live().await;
    node.until_hit(1).await;
    server.pause();
    world.change(1);
    let given_up = tokio::time::timeout(Duration::from_millis(5), node.cache.invalidate_tag("item:1")).await;
    assert!(given_up.is_err(), "Redis hangs");
    assert_eq!(node.read(1).await.0, 1);
    server.resume();
}

#[tokio::test]
async fn entries_of_an_outage_are_not_used_in_the_next_one() {
    let Some(mut server) = RedisServer::start("tiered-two-outages", &[]) else { return };
    let world = Arc::default();
    let node = Node::of(super::tiered(&server.url()).lease(Duration::ZERO), &world);
    let other = Node::new(&server.url(), &world);
    node.until_hit(1).await;
    server.kill();
    node.read(1).await;
    assert_eq!(node.read(1).await, (0, true), "it is in memory");
    server.restart_empty();
    within("Redis", async || other.store.health().await.is_ok() && node.store.health().await.is_ok()).await;
    other.change(1).await;
    assert_eq!(node.read(1).await.0, 1);
    server.kill();
    assert_eq!(node.read(1).await.0, 1);
}

/// What was acknowledged while Redis was away counts everywhere once all processes use it again.
#[tokio::test]
async fn nothing_is_older_than_an_invalidation_a_lease_after_twenty_faults() {
    let Some(mut server) = RedisServer::start("tiered-twenty", &[]) else { return };
    let world = Arc::default();
    let nodes: Vec<Node> = (0..4).map(|_| Node::new(&server.url(), &world)).collect();
    for node in &nodes {
        node.until_live().await;
        node.until_hit(1).await;
    }
    let mut away = Duration::ZERO;
    for round in 0..20 {
        let start = crate::redis::now();
        match round % 3 {
            0 => server.kill(),
            1 => server.pause(),
            _ => {
                server.save();
                server.kill();
            }
        }
        nodes[round % 4].change(1).await;
        for node in &nodes {
            // It may be older, and never fails.
            node.read(1).await;
        }
        match round % 3 {
            0 => server.restart_empty(),
            1 => server.resume(),
            _ => server.restart(),
        }
        for node in &nodes {
            // Memory may still answer from before the fault, for a lease.
            within("Redis", async || node.store.health().await.is_ok()).await;
        }
        away += crate::redis::now() - start;
        tokio::time::sleep(super::LEASE).await;
        for (number, node) in nodes.iter().enumerate() {
            assert_eq!(node.read(1).await.0, world.version(1), "round {round}, node {number}");
        }
    }
    eprintln!("without a shared cache for {away:?} in 20 faults");
}
