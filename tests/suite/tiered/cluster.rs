//! Memory in front of a Redis Cluster of three nodes. The feed is on the node that has the slot of the keys.

use std::{sync::Arc, time::Duration};

use routekit::cache::{CacheStore, RedisFallback, RedisStore, TieredStore, TieredStoreBuilder};

use super::{LEASE, Node, within};
use crate::{
    cache_store::broken_between,
    redis::{SLACK, Time, now},
    support::{RedisCluster, RedisServer},
};

const PREFIX: &str = "routekit";

#[tokio::test]
async fn memory_in_front_of_a_cluster_keeps_the_contract() {
    let Some(cluster) = RedisCluster::start_with_clock("tiered-cluster-contract", PREFIX) else { return };
    let time = Time::stop(cluster.owner());
    let store = |node: &RedisServer, with: fn(TieredStoreBuilder) -> TieredStoreBuilder| {
        let redis = RedisStore::builder(node.url()).clock(time.clock.clock()).budget(Duration::from_millis(250));
        with(TieredStore::builder(redis.build().unwrap()).fallback(RedisFallback::None)).build()
    };
    let one = store(cluster.other(), |store| store);
    // Without a lease, what one process does counts in the other at once.
    let two = [cluster.other(), cluster.owner()].map(|node| store(node, |store| store.lease(Duration::ZERO)));
    for [first, second] in [[&one, &one], [&two[0], &two[1]]] {
        for store in [first, second] {
            within("the server", async || store.health().await.is_ok()).await;
        }
        let broken = broken_between([first, second], &time.clock, &|by| time.advance(by), SLACK).await;
        assert_eq!(broken, [""; 0]);
    }
}

#[tokio::test]
async fn invalidation_by_another_process_counts_within_the_lease() {
    let Some(cluster) = RedisCluster::start("tiered-cluster-feed", PREFIX) else { return };
    let world = Arc::default();
    // Both URLs name a node that does not have the slot, or one of them does.
    let nodes = cluster.nodes.iter().map(|node| Node::new(&node.url(), &world)).collect::<Vec<_>>();
    for node in &nodes {
        node.until_live().await;
        node.until_hit(1).await;
    }
    for round in 0..6 {
        let (by, seen_by) = (&nodes[round % 3], &nodes[(round + 1) % 3]);
        by.change(1).await;
        assert_eq!(by.read(1).await.0, world.version(1), "round {round}: its own counts at once");
        let returned = now();
        within("the other", async || {
            let began = now();
            let is_new = seen_by.read(1).await.0 == world.version(1);
            assert!(is_new || began - returned <= LEASE, "round {round}: after {:?}", began - returned);
            is_new
        })
        .await;
        for node in &nodes {
            node.until_hit(1).await;
            assert!(node.store.is_live(), "round {round}");
        }
    }
}

#[tokio::test]
async fn memory_answers_until_a_replica_has_taken_over() {
    let Some(mut cluster) = RedisCluster::start_with_replica("tiered-cluster-failover", PREFIX) else { return };
    let world = Arc::default();
    let nodes = [Node::new(&cluster.other().url(), &world), Node::new(&cluster.owner().url(), &world)];
    for node in &nodes {
        node.until_live().await;
        node.until_hit(1).await;
    }
    cluster.owner_mut().kill();
    for node in &nodes {
        assert_eq!(node.read(1).await, (0, true), "what was there before");
    }
    nodes[0].change(1).await;
    assert_eq!(nodes[0].read(1).await.0, 1, "its own invalidation counts at once");
    cluster.wait_for_failover();
    for node in &nodes {
        within("the invalidation", async || node.read(1).await.0 == world.version(1)).await;
        node.until_live().await;
        node.until_hit(1).await;
    }
    // The feed is on the node that has taken over.
    nodes[1].change(1).await;
    within("the next one", async || nodes[0].read(1).await.0 == world.version(1)).await;
}
