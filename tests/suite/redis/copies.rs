//! The data of Redis is an older copy: a restored dump, or a replica that has not received everything.

use std::sync::Arc;

use super::{Node, within};
use crate::support::{RedisServer, TcpProxy};

#[tokio::test]
async fn server_that_is_restored_from_an_old_dump_serves_nothing_old() {
    let Some(mut server) = RedisServer::start("dump", &[]) else { return };
    let world = Arc::default();
    let node = Node::new(&server.url(), &world);
    for item in 0..8 {
        node.until_hit(item).await;
    }
    server.save();
    for item in 0..8 {
        node.change(item).await;
    }
    server.restart();
    let entries: Vec<String> = server.run(&["KEYS", "*:e:*"]);
    assert_eq!(entries.len(), 8, "they are in the dump");
    // A process that has just started, and one that knows the clock.
    for node in [Node::new(&server.url(), &world), node] {
        for item in 0..8 {
            node.until_hit(item).await;
        }
    }
}

/// The same server has an older copy, as after an operator replaced its data.
#[tokio::test]
async fn data_that_is_replaced_by_an_old_copy_serves_nothing_old() {
    let Some(server) = RedisServer::start("replaced", &["--enable-debug-command", "yes"]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    for item in 0..8 {
        node.until_hit(item).await;
    }
    server.save();
    for item in 0..8 {
        node.change(item).await;
    }
    server.run::<()>(&["DEBUG", "RELOAD", "NOSAVE"]);
    let entries: Vec<String> = server.run(&["KEYS", "*:e:*"]);
    assert_eq!(entries.len(), 8, "they are in the copy");
    for item in 0..8 {
        node.until_hit(item).await;
    }
}

#[tokio::test]
async fn replica_that_lags_behind_serves_nothing_old_once_it_is_the_primary() {
    let Some(mut primary) = RedisServer::start("primary", &[]) else { return };
    let link = TcpProxy::start(primary.addr()).await;
    let port = link.addr().port().to_string();
    let replica = RedisServer::start("replica", &["--replicaof", "127.0.0.1", &port]).unwrap();
    // The address that clients know.
    let address = TcpProxy::start(primary.addr()).await;
    let world = Arc::default();
    let node = Node::new(&address.url(), &world);
    for item in 0..8 {
        node.until_hit(item).await;
    }
    within("the replica", async || replica.run::<Vec<String>>(&["KEYS", "*:e:*"]).len() == 8).await;
    link.refuse(true);
    for item in 0..8 {
        node.change(item).await;
    }
    primary.kill();
    replica.run::<()>(&["REPLICAOF", "NO", "ONE"]);
    address.redirect(replica.addr());
    for node in [Node::new(&address.url(), &world), node] {
        for item in 0..8 {
            node.until_hit(item).await;
        }
    }
}
