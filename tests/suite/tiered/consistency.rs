//! `consistency = "strict"`: each hit asks Redis.

use std::sync::Arc;

use super::{Node, tiered, within, without_fallback};
use crate::support::RedisServer;

#[tokio::test]
async fn strict_hits_are_never_older_than_an_invalidation_by_another_process() {
    let Some(server) = RedisServer::start("tiered-strict", &[]) else { return };
    let world = Arc::default();
    let nodes = [Node::new(&server.url(), &world), Node::of(without_fallback(&server.url()), &world)];
    let read = async |node: &Node| node.get("/tiered/strict/1").await;
    for round in 0..100 {
        let (one, two) = (&nodes[round % 2], &nodes[(round + 1) % 2]);
        within("a hit", async || read(two).await.1).await;
        one.change(1).await;
        assert_eq!(read(two).await, (world.version(1), false), "round {round}");
    }
}

/// The body is in memory: Redis only confirms that it is valid.
#[tokio::test]
async fn strict_hit_does_not_transfer_the_body_again() {
    let Some(server) = RedisServer::start("tiered-strict-body", &[]) else { return };
    let node = Node::of(tiered(&server.url()), &Arc::default());
    let read = async || node.get("/tiered/strict/1").await.1;
    within("a hit", read).await;
    let mut keys: Vec<String> = Vec::new();
    within("the entry", async || {
        keys = server.run(&["KEYS", "{routekit}:e:*"]);
        !keys.is_empty()
    })
    .await;
    server.run::<()>(&["DEL", &keys[0]]);
    assert!(read().await, "the entry is in memory, and Redis knows of no invalidation");
}

#[tokio::test]
async fn strict_route_calls_its_handler_while_redis_is_away() {
    let Some(mut server) = RedisServer::start("tiered-strict-away", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    within("a hit", async || node.get("/tiered/strict/1").await.1).await;
    node.until_hit(1).await;
    server.kill();
    for _ in 0..5 {
        assert!(!node.get("/tiered/strict/1").await.1);
        assert!(node.read(1).await.1, "the other route is answered from memory");
    }
}
