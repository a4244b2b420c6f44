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
