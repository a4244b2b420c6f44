//! Several processes with one cache: what one invalidates, the others miss at once.

use std::{sync::Arc, sync::atomic::Ordering};

use http::StatusCode;
use routekit::cache::CacheOptions;

use super::{Node, contract::Time};
use crate::support::{MINUTE, RedisServer, SECOND};

#[tokio::test]
async fn processes_share_entries_and_invalidations() {
    let Some(server) = RedisServer::start("nodes", &[]) else { return };
    let world = Arc::default();
    let nodes = [Node::patient(&server.url(), &world), Node::patient(&server.url(), &world)];
    nodes[0].until_hit(1).await;
    nodes[1].until_hit(1).await;
    for round in 0..40 {
        let (one, two) = (&nodes[round % 2], &nodes[(round + 1) % 2]);
        if round % 8 == 0 {
            one.change(1).await;
        } else {
            world.change(1);
            let invalidated = match round % 8 {
                1 => one.cache.invalidate_tag("item:1").await,
                2 => one.cache.invalidate_tags(["other", "all"]).await,
                3 => one.cache.invalidate_pattern("/redis/item/1").await,
                4 => one.cache.invalidate_pattern("/redis/item/{item}").await,
                5 => one.cache.invalidate_pattern("/redis/*").await,
                6 => one.cache.invalidate_pattern("/re*/1").await,
                _ => one.cache.clear().await,
            };
            invalidated.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
        }
        assert!(!two.read_current(1).await, "round {round}: it is a miss");
        // What one has stored, the other has as well, unless Redis was slow.
        one.read_current(1).await;
        two.until_hit(1).await;
        one.until_hit(1).await;
    }
}

#[tokio::test]
async fn entry_of_one_process_is_a_hit_in_another() {
    let Some(server) = RedisServer::start("shared", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::patient(&server.url(), &world), Node::patient(&server.url(), &world));
    one.until_hit(1).await;
    two.until_hit(2).await;
    assert!(two.read_current(1).await && one.read_current(2).await, "the first read of each is a hit");
}

/// An invalidated response must not come back as a stale one in place of a failure, in any process.
#[tokio::test]
async fn cleared_responses_are_not_served_if_the_handler_fails() {
    let Some(server) = RedisServer::start_with_clock("stale", &[]) else { return };
    let time = Time::stop(&server);
    let world = Arc::default();
    let node = || Node::with_clock(time.store(), time.clock.clock(), &world);
    let nodes = [node(), node()];
    let read = async |node: &Node| {
        let answer = node.app.get("/redis/stale/1").send().await;
        (answer.status(), answer.header("x-cache").unwrap_or("none").to_owned())
    };
    for round in 0..2 {
        for how in ["clear", "tag"] {
            world.fails.store(false, Ordering::SeqCst);
            for node in &nodes {
                super::within("a hit", async || read(node).await.1 == "HIT").await;
            }
            time.advance(11 * SECOND);
            world.fails.store(true, Ordering::SeqCst);
            for node in &nodes {
                assert_eq!(read(node).await, (StatusCode::OK, "STALE".to_owned()), "{how}");
            }
            let invalidated = match how {
                "clear" => nodes[round].cache.clear().await,
                _ => nodes[round].cache.invalidate_tag("item:1").await,
            };
            invalidated.unwrap();
            for node in nodes.iter().chain(&nodes) {
                assert_eq!(read(node).await.0, StatusCode::INTERNAL_SERVER_ERROR, "{how}");
            }
        }
    }
}

#[tokio::test]
async fn values_are_shared() {
    let Some(server) = RedisServer::start("values", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::patient(&server.url(), &world), Node::patient(&server.url(), &world));
    one.until_hit(1).await;
    two.until_hit(1).await;
    let options = CacheOptions::new().ttl(MINUTE).tags(["values"]);
    one.cache.set("key", &vec![1, 2, 3], &options).await.unwrap();
    assert_eq!(two.cache.get::<Vec<u8>>("key").await.unwrap(), Some(vec![1, 2, 3]));
    two.cache.set("key", &vec![4], &options).await.unwrap();
    assert_eq!(one.cache.get::<Vec<u8>>("key").await.unwrap(), Some(vec![4]));
    two.cache.invalidate("key").await.unwrap();
    assert_eq!(one.cache.get::<Vec<u8>>("key").await.unwrap(), None);
    one.cache.set("key", &vec![5], &options).await.unwrap();
    one.cache.invalidate_tag("values").await.unwrap();
    assert_eq!(two.cache.get::<Vec<u8>>("key").await.unwrap(), None);
}
