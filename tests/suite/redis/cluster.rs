//! A Redis Cluster of three nodes. The URL names one that does not have the slot of the keys.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use http::{HeaderMap, StatusCode};
use routekit::cache::{BufferedResponse, Cache, CacheStore, Key, RedisStore, Stamp, StoredResponse, Tag, Target};

use super::{
    Node,
    contract::{SLACK, Time, reached},
    is_miss, now,
    startup::{refused, start},
    within,
};
use crate::{
    cache_race::{Race, run},
    cache_store::broken_between,
    support::{MINUTE, RedisCluster, RedisServer, during_faults},
};

const PREFIX: &str = "routekit";

/// Closes the connections of all clients.
fn close_connections(server: &RedisServer) {
    server.run::<usize>(&["CLIENT", "KILL", "TYPE", "normal"]);
}

#[tokio::test]
async fn redis_cluster_keeps_the_contract() {
    let Some(cluster) = RedisCluster::start_with_clock("cluster-contract", PREFIX) else { return };
    let time = Time::stop(cluster.owner());
    let store = |node: &RedisServer| {
        let builder = RedisStore::builder(node.url()).clock(time.clock.clock());
        builder.budget(Duration::from_millis(250)).build().unwrap()
    };
    let (one, two) = (store(cluster.other()), store(cluster.owner()));
    reached(&[&one, &two]).await;
    let broken = broken_between([&one, &two], &time.clock, &|by| time.advance(by), SLACK).await;
    assert_eq!(broken, [""; 0]);
}

#[tokio::test]
async fn all_keys_are_on_one_node() {
    let Some(cluster) = RedisCluster::start("cluster-keys", PREFIX) else { return };
    let node = Node::patient(&cluster.other().url(), &Arc::default());
    for item in 0..8 {
        node.until_hit(item).await;
        node.change(item).await;
        node.until_hit(item).await;
    }
    let counts: Vec<usize> = cluster.nodes.iter().map(|node| node.run(&["DBSIZE"])).collect();
    assert_eq!(counts.iter().filter(|count| **count > 0).count(), 1, "{counts:?}");
    assert!(cluster.owner().run::<usize>(&["DBSIZE"]) >= 9, "the clock and eight entries: {counts:?}");
}

/// While the slot moves, its keys are on two nodes.
#[tokio::test]
async fn slot_that_moves_is_an_outage_until_it_has_moved() {
    let Some(mut cluster) = RedisCluster::start("cluster-move", PREFIX) else { return };
    let world = Arc::default();
    let nodes = [Node::patient(&cluster.other().url(), &world), Node::patient(&cluster.owner().url(), &world)];
    for _ in 0..3 {
        for node in &nodes {
            for item in 0..8 {
                node.until_hit(item).await;
            }
        }
        cluster.begin_move();
        nodes[0].outage().await;
        cluster.move_keys(4);
        nodes[1].outage().await;
        while cluster.move_keys(100) > 0 {}
        cluster.end_move();
        for node in nodes.iter().chain(&nodes) {
            for item in 0..8 {
                node.until_hit(item).await;
                node.change(item).await;
            }
        }
    }
}

/// No request fails, and no node sees anything older than an invalidation that succeeded.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_see_nothing_older_while_the_slot_moves() {
    let Some(mut cluster) = RedisCluster::start("cluster-race", PREFIX) else { return };
    let store = |url: &str| RedisStore::builder(url).budget(Duration::from_millis(250)).build().unwrap();
    let urls: Vec<String> = cluster.nodes.iter().map(RedisServer::url).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let race = Race {
        caches: urls.iter().map(|url| Cache::builder().store(store(url))).collect(),
        operations: usize::MAX,
        tags_only: true,
        drop_invalidates: false,
        settle: Duration::from_millis(200),
        stop: Arc::clone(&stop),
        ..Race::default()
    };
    let moves = move || {
        for _ in 0..12 {
            std::thread::sleep(Duration::from_millis(150));
            cluster.move_slot();
        }
        cluster
    };
    let history = during_faults(run(race), stop, moves).await;
    let (reads, hits, failed) = (history.reads(), history.hits(), history.failed());
    eprintln!("{reads} reads, {hits} hits, {failed} failed invalidations");
    assert!(hits > 100, "{hits} hits of {reads} say little");
    let stale = history.stale_reads();
    assert!(stale.is_empty(), "{} of {reads} reads were stale, as {:?}", stale.len(), stale[0]);
}

#[tokio::test]
async fn node_of_the_url_may_fail() {
    let Some(mut cluster) = RedisCluster::start("cluster-seed", PREFIX) else { return };
    let node = Node::patient(&cluster.other().url(), &Arc::default());
    node.until_hit(1).await;
    cluster.other_mut().kill();
    assert!(node.read_current(1).await, "the other node has the entry");
    close_connections(cluster.owner());
    node.until_hit(1).await;
    node.change(1).await;
    node.until_hit(1).await;
}

#[tokio::test]
async fn replica_that_takes_over_serves_nothing_old() {
    let Some(mut cluster) = RedisCluster::start_with_replica("cluster-failover", PREFIX) else { return };
    let world = Arc::default();
    let replica = cluster.nodes[3].url();
    let urls = [cluster.other().url(), cluster.owner().url(), replica];
    let nodes = urls.map(|url| Node::patient(&url, &world));
    for node in &nodes {
        for item in 0..8 {
            node.until_hit(item).await;
        }
    }
    cluster.owner_mut().kill();
    for node in &nodes {
        node.outage().await;
    }
    cluster.wait_for_failover();
    // The second one was told the address of the node that was killed.
    for node in nodes.iter().chain(&nodes) {
        for item in 0..8 {
            node.until_hit(item).await;
            node.change(item).await;
        }
    }
}

async fn put(store: &RedisStore, key: &str, stamp: Stamp) {
    let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
    let entry = || {
        let entry = StoredResponse::new(Key::new(key), answer.clone(), stamp, now(), MINUTE);
        entry.with_tags([Tag::named("", key)]).into()
    };
    within("a put", async || store.put(entry()).await.is_ok()).await;
}

/// Tags that are invalidated together could be on different nodes if each had a key of its own. Here they are on one,
/// so that another process never sees one of them invalidated and not the other, also if the node stops meanwhile.
#[tokio::test]
async fn invalidation_of_several_tags_takes_place_at_once() {
    let Some(mut cluster) = RedisCluster::start("cluster-atomic", PREFIX) else { return };
    let world = Arc::default();
    let invalidating = Node::patient(&cluster.other().url(), &world);
    let observer = Node::patient(&cluster.owner().url(), &world);
    let (store, targets) = (observer.store.clone(), [Target::tag("", "one"), Target::tag("", "two")]);
    for round in 0..20 {
        // The invalidation of the round before may be repeated meanwhile.
        within("two entries", async || {
            let stamp = observer.stamp().await;
            put(&store, "one", stamp).await;
            put(&store, "two", stamp).await;
            !is_miss(&store, "one").await && !is_miss(&store, "two").await
        })
        .await;
        let invalidation = async {
            // An interruption in each way: none, the caller goes away, its connection ends, the slot moves.
            match round % 4 {
                1 => drop(futures_util::poll!(invalidating.store.invalidate(&targets))),
                2 => {
                    let (_, ()) = tokio::join!(invalidating.store.invalidate(&targets), async {
                        close_connections(cluster.owner());
                    });
                }
                3 => {
                    let (_, ()) = tokio::join!(invalidating.store.invalidate(&targets), async {
                        cluster.move_slot();
                    });
                }
                _ => drop(invalidating.store.invalidate(&targets).await),
            }
        };
        let observation = async {
            // Until both are seen to be invalid. A miss may have to be repeated until the slot has moved.
            for first in [["one", "two"], ["two", "one"]].into_iter().cycle() {
                let seen = [is_miss(&store, first[0]).await, is_miss(&store, first[1]).await];
                assert!(!seen[0] || seen[1], "round {round}: only {first:?} is invalid");
                if seen[0] {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(invalidation, observation);
    }
}

#[tokio::test]
async fn settings_that_a_cluster_does_not_have_are_startup_errors() {
    let Some(cluster) = RedisCluster::start("cluster-start", PREFIX) else { return };
    let url = cluster.other().url();
    refused(&format!("redis.url = '{url}/1'"), &["`redis.url`", "Redis Cluster", "remove the number"]).await;
    start(&format!("redis.url = '{url}/0'\nredis.required = true")).await.unwrap();
    // Another slot has another node.
    for prefix in ["a", "b", "c", "d"] {
        start(&format!("redis.url = '{url}'\nredis.required = true\nredis.prefix = '{prefix}'")).await.unwrap();
    }
}

/// Without it, the store cannot tell what other nodes there are.
#[tokio::test]
async fn user_that_may_not_ask_for_the_nodes_depends_on_the_address() {
    let Some(mut cluster) = RedisCluster::start("cluster-acl", PREFIX) else { return };
    for node in &cluster.nodes {
        node.run::<()>(&["ACL", "SETUSER", "shop", "on", ">secret", "~*", "&*", "+@all", "-cluster"]);
    }
    let store = RedisStore::builder(cluster.other().url()).username("shop").password("secret");
    let node = Node::of(store.budget(Duration::from_millis(250)).build().unwrap(), &Arc::default());
    node.until_hit(1).await;
    cluster.other_mut().kill();
    assert!(node.read_current(1).await);
    close_connections(cluster.owner());
    node.outage().await;
    assert!(node.store.health().await.is_err());
}
