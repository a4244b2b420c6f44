//! The feed of invalidations: memory answers only while it is followed, and never after something was missed.

use std::{sync::Arc, time::Duration};

use routekit::cache::{CacheOptions, Tag};

use super::{LEASE, Node, tiered, within};
use crate::{
    redis::now,
    support::{MINUTE, RedisServer, TcpProxy},
};

/// No command is sent for a hit: the server does not see it.
#[tokio::test]
async fn memory_answers_without_asking_redis() {
    let Some(server) = RedisServer::start("tiered-memory", &[]) else { return };
    let node = Node::of(tiered(&server.url()).lease(Duration::from_secs(60)), &Arc::default());
    node.until_live().await;
    node.until_hit(1).await;
    let hits = |server: &RedisServer| {
        let stats: String = server.run(&["INFO", "stats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix("keyspace_hits:")).unwrap().to_owned();
        line.trim().parse::<u64>().unwrap()
    };
    let before = hits(&server);
    for _ in 0..100 {
        assert_eq!(node.read(1).await, (0, true));
    }
    assert_eq!(hits(&server), before);
}

#[tokio::test]
async fn invalidation_by_one_process_empties_the_memory_of_another() {
    let Some(server) = RedisServer::start("tiered-feed", &[]) else { return };
    let world = Arc::default();
    let nodes = [Node::new(&server.url(), &world), Node::new(&server.url(), &world)];
    for node in &nodes {
        node.until_live().await;
        node.until_hit(1).await;
    }
    let cache = &nodes[0].cache;
    for round in 0..7 {
        world.change(1);
        match round {
            0 => cache.invalidate_tag("item:1").await.unwrap(),
            1 => cache.invalidate_tags(["other", "all"]).await.unwrap(),
            2 => cache.invalidate_pattern("/tiered/item/1").await.unwrap(),
            3 => cache.invalidate_pattern("/tiered/*").await.unwrap(),
            4 => cache.invalidate_pattern("/tie*/1").await.unwrap(),
            5 => cache.invalidate_pattern("/tiered/item/{item}").await.unwrap(),
            _ => cache.clear().await.unwrap(),
        }
        assert_eq!(nodes[0].read(1).await.0, world.version(1), "round {round}: its own counts at once");
        let returned = now();
        within("the other", async || {
            let began = now();
            let is_new = nodes[1].read(1).await.0 == world.version(1);
            assert!(is_new || began - returned <= LEASE, "round {round}: after {:?}", began - returned);
            is_new
        })
        .await;
        nodes[1].until_hit(1).await;
    }
}

#[tokio::test]
async fn other_tags_stay_in_memory() {
    let Some(server) = RedisServer::start("tiered-others", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    two.until_live().await;
    two.until_hit(1).await;
    two.until_hit(2).await;
    let calls = world.calls();
    one.cache.invalidate_tag("item:1").await.unwrap();
    within("a miss", async || {
        two.read(1).await;
        world.calls() > calls
    })
    .await;
    let calls = world.calls();
    assert_eq!(two.read(2).await, (0, true));
    assert_eq!(world.calls(), calls);
}

/// The connections of a process stand still, without an error: no invalidation arrives, and none is known to be lost.
#[tokio::test]
async fn process_that_is_cut_off_answers_from_memory_for_a_lease_at_most() {
    let Some(server) = RedisServer::start("tiered-cut", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::of(super::without_fallback(&proxy.url()), &world));
    two.until_live().await;
    two.until_hit(1).await;
    proxy.delay(Duration::from_secs(20));
    one.change(1).await;
    let start = now();
    while now() - start <= LEASE {
        let began = now();
        let version = two.read(1).await.0;
        assert!(version == 1 || began - start <= LEASE, "after {:?}", began - start);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..20 {
        assert_eq!(two.read(1).await.0, 1);
    }
    proxy.delay(Duration::ZERO);
    two.until_live().await;
    two.until_hit(1).await;
}

/// The number of the message that follows shows that one was missed.
#[tokio::test]
async fn missed_message_empties_memory() {
    let Some(server) = RedisServer::start("tiered-gap", &[]) else { return };
    let world = Arc::default();
    let node = Node::of(tiered(&server.url()).lease(Duration::from_secs(60)), &world);
    node.until_live().await;
    node.until_hit(1).await;
    // An invalidation by another process, whose message is lost.
    world.change(1);
    let clock: u64 = server.run::<String>(&["HGET", "{routekit}:clock", "clock"]).parse().unwrap();
    let number = |more: u64| format!("{:016}", clock + more);
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let tag = Tag::named("", "item:1").id().to_be_bytes();
    let mut lost = redis::cmd("HSET");
    lost.arg("{routekit}:clock").arg("clock").arg(number(7)).arg(&tag).arg(number(7));
    lost.exec(&mut connection).unwrap();
    assert_eq!(node.read(1).await, (0, true), "it is not known yet");
    let epoch: Vec<u8> = server.run(&["HGET", "{routekit}:clock", "epoch"]);
    let message = [&epoch[..], number(9).as_bytes(), number(7).as_bytes(), b"00000000000000000"].concat();
    let mut publish = redis::cmd("PUBLISH");
    let heard: u64 = publish.arg("{routekit}:invalidations").arg(message).query(&mut connection).unwrap();
    assert_eq!(heard, 1);
    within("a miss", async || node.read(1).await.0 == 1).await;
}

#[tokio::test]
async fn value_that_is_set_replaces_those_in_the_memory_of_other_processes() {
    let Some(server) = RedisServer::start("tiered-values", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    one.until_live().await;
    two.until_live().await;
    let options = CacheOptions::new().ttl(MINUTE);
    for value in 0..20_u32 {
        one.cache.set("key", &value, &options).await.unwrap();
        assert_eq!(one.cache.get::<u32>("key").await.unwrap(), Some(value));
        let returned = now();
        within("the value", async || {
            let began = now();
            let is_new = two.cache.get::<u32>("key").await.unwrap() == Some(value);
            assert!(is_new || began - returned <= LEASE, "after {:?}", began - returned);
            is_new
        })
        .await;
    }
}

/// One of both replaces the other, in all processes.
#[tokio::test]
async fn values_that_are_set_at_a_time_do_not_differ_between_processes() {
    let Some(server) = RedisServer::start("tiered-sets", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    one.until_live().await;
    two.until_live().await;
    let options = CacheOptions::new().ttl(MINUTE);
    for round in 0..50 {
        let key = format!("key {round}");
        let (first, second) = tokio::join!(one.cache.set(&key, &1, &options), two.cache.set(&key, &2, &options));
        first.and(second).unwrap();
        within("agreement", async || {
            let (first, second) = (one.cache.get::<u8>(&key).await.unwrap(), two.cache.get::<u8>(&key).await.unwrap());
            // The one that came first may be missing.
            first.is_none() || second.is_none() || first == second
        })
        .await;
    }
}
