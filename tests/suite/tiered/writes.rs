//! Responses are stored in Redis without a client that waits.

use std::{sync::Arc, time::Duration};

use super::{Node, tiered, within};
use crate::{
    redis::now,
    support::{RedisServer, TcpProxy},
};

#[tokio::test]
async fn response_reaches_redis_after_it_was_sent() {
    let Some(server) = RedisServer::start("tiered-writes", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    one.until_live().await;
    one.read(1).await;
    within("the entry", async || two.read(1).await.1).await;
}

/// A write that takes long delays neither its response nor those that follow.
#[tokio::test]
async fn slow_write_delays_no_response() {
    let Some(server) = RedisServer::start("tiered-slow", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let node = Node::of(tiered(&proxy.url()).lease(Duration::from_secs(60)), &Arc::default());
    node.until_live().await;
    node.until_hit(1).await;
    proxy.delay(Duration::from_millis(150));
    let start = now();
    node.read(2).await;
    let took = now() - start;
    // A lookup, the turn, and no third reply for the write.
    assert!(took < Duration::from_millis(400), "{took:?}");
    assert_eq!(node.read(2).await, (0, true));
}
