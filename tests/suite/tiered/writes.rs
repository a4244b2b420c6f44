//! Responses are stored in Redis without a client that waits.

use std::{sync::Arc, time::Duration};

use super::{Node, tiered, within};
use crate::support::{RedisServer, StepProxy};

#[tokio::test]
async fn response_reaches_redis_after_it_was_sent() {
    let Some(server) = RedisServer::start("tiered-writes", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    one.until_live().await;
    one.read(1).await;
    within("the entry", async || two.read(1).await.1).await;
}

/// The response arrives although the write has not reached Redis.
#[tokio::test]
async fn response_does_not_wait_for_its_write() {
    let Some(server) = RedisServer::start("tiered-slow", &[]) else { return };
    let proxy = StepProxy::start(server.addr()).await;
    let node = Node::of(tiered(&proxy.url()).lease(Duration::from_secs(60)), &Arc::default());
    node.until_live().await;
    node.until_hit(1).await;
    proxy.step(true);
    let asking = {
        let node = node.clone();
        tokio::spawn(async move { node.read(2).await })
    };
    let mut held = Vec::new();
    while !asking.is_finished() {
        let Ok(command) = tokio::time::timeout(Duration::from_millis(20), proxy.next()).await else { continue };
        if command.name == "SET" {
            held.push(command);
        } else {
            command.let_through();
        }
    }
    assert_eq!(asking.await.unwrap(), (0, false));
    assert_eq!(node.read(2).await, (0, true), "it is in memory");
}

/// A response grows when it becomes a hit, also while it waits to be written.
#[tokio::test]
async fn all_pages_are_stored_although_they_are_hit_before_that() {
    const PAGES: usize = 300;
    let Some(server) = RedisServer::start("tiered-many", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    node.until_live().await;
    for page in 0..PAGES {
        let path = format!("/tiered/item/2?page={page}");
        node.get(&path).await;
        node.get(&path).await;
    }
    within("all entries", async || server.run::<Vec<String>>(&["KEYS", "{routekit}:e:*"]).len() > PAGES).await;
}
