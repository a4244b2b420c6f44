//! Redis cannot be reached, is too slow, or loses its connections: requests are answered as if there were no cache.

mod one_budget;

use std::{sync::Arc, time::Duration};

use routekit::cache::{CacheStore, RedisStore, Target};

use super::{Node, World, within};
use crate::support::{RedisServer, TcpProxy, output_of, test_as_program};

/// The variable of the program that writes a log.
const PROGRAM: &str = "TEST_REDIS_OUTAGES";

#[tokio::test]
async fn server_that_is_absent_at_start_is_used_once_it_is_there() {
    let Some(mut server) = RedisServer::start("absent", &[]) else { return };
    server.kill();
    let node = Node::new(&server.url(), &Arc::default());
    node.outage().await;
    assert!(node.store.health().await.is_err(), "the health check tells");
    server.restart_empty();
    node.until_hit(1).await;
    assert!(node.store.health().await.is_ok());
}

#[tokio::test]
async fn server_that_is_killed_and_restarted_empty_serves_nothing_old() {
    let Some(mut server) = RedisServer::start("killed", &[]) else { return };
    let world = Arc::default();
    let nodes = [Node::new(&server.url(), &world), Node::new(&server.url(), &world)];
    for node in &nodes {
        node.until_hit(1).await;
    }
    server.kill();
    for node in &nodes {
        node.outage().await;
    }
    server.restart_empty();
    for node in nodes.iter().chain(&nodes) {
        node.until_hit(1).await;
        node.change(1).await;
    }
}

/// A paused server keeps its connections: only a budget ends the wait.
#[tokio::test]
async fn server_that_is_paused_serves_nothing_old_when_it_continues() {
    let Some(server) = RedisServer::start("paused", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    for item in 0..8 {
        node.until_hit(item).await;
    }
    server.pause();
    node.outage().await;
    assert!(node.store.health().await.is_err());
    server.resume();
    // What it changed meanwhile is repeated before it reads again.
    for item in 0..8 {
        node.until_hit(item).await;
    }
}

/// The node that could not invalidate gets no further request.
#[tokio::test]
async fn invalidation_during_an_outage_reaches_other_nodes_after_it() {
    let Some(server) = RedisServer::start("missed", &[]) else { return };
    let world = Arc::default();
    let (one, two) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    one.until_hit(1).await;
    two.until_hit(1).await;
    server.pause();
    one.change(1).await;
    server.resume();
    within("the invalidation", async || two.read(1).await.version == world.version(1)).await;
}

#[tokio::test]
async fn slow_server_is_skipped_until_it_is_fast_again() {
    let Some(server) = RedisServer::start("slow", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let node = Node::new(&proxy.url(), &Arc::default());
    node.until_hit(1).await;
    proxy.delay(Duration::from_millis(100));
    node.outage().await;
    proxy.delay(Duration::ZERO);
    node.until_hit(1).await;
}

#[tokio::test]
async fn server_that_is_slow_within_the_budget_is_used() {
    let Some(server) = RedisServer::start("slow-enough", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let store = RedisStore::builder(proxy.url()).budget(Duration::from_millis(250)).build().unwrap();
    let node = Node::of(store, &Arc::default());
    proxy.delay(Duration::from_millis(20));
    node.until_hit(1).await;
    node.change(1).await;
    node.until_hit(1).await;
}

/// The reply to one request must not be taken for that to another.
#[tokio::test]
async fn connection_that_is_reset_in_mid_reply_serves_nothing_old() {
    let Some(server) = RedisServer::start("reset", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let node = Node::new(&proxy.url(), &Arc::default());
    for (item, bytes) in [(1, 0), (2, 1), (3, 5), (4, 40), (5, 150)] {
        node.until_hit(item).await;
        let before = proxy.accepted();
        proxy.cut_next_reply(bytes);
        let other = (item + 1) % 8;
        tokio::join!(node.read_current(item), node.read_current(other));
        node.until_hit(item).await;
        assert!(proxy.accepted() > before, "it connected again");
    }
    // The server has invalidated, and its reply is lost.
    proxy.cut_next_reply(0);
    node.change(1).await;
    node.until_hit(1).await;
}

#[tokio::test]
async fn server_that_refuses_connections_is_skipped() {
    let Some(server) = RedisServer::start("refused", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let node = Node::new(&proxy.url(), &Arc::default());
    node.until_hit(1).await;
    proxy.refuse(true);
    node.outage().await;
    proxy.refuse(false);
    node.until_hit(1).await;
}

/// The node that could not connect gets no further request, and the server keeps what others stored.
#[tokio::test]
async fn invalidation_that_was_not_sent_reaches_other_nodes_after_the_outage() {
    let Some(server) = RedisServer::start("not-sent", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let world = Arc::default();
    let (one, two) = (Node::new(&proxy.url(), &world), Node::new(&server.url(), &world));
    one.until_hit(1).await;
    two.until_hit(1).await;
    proxy.refuse(true);
    one.change(1).await;
    assert!(two.read(1).await.hit, "it was not sent");
    proxy.refuse(false);
    within("the invalidation", async || two.read(1).await.version == world.version(1)).await;
}

/// The client of the request has left, and no other request follows.
#[tokio::test]
async fn invalidation_that_was_abandoned_reaches_other_nodes() {
    let Some(server) = RedisServer::start("abandoned", &[]) else { return };
    let world: Arc<World> = Arc::default();
    let node = Node::new(&server.url(), &world);
    node.until_hit(1).await;
    world.change(1);
    let store = RedisStore::new(server.url()).unwrap();
    let targets = [Target::tag("", "item:1")];
    let mut invalidating = store.invalidate(&targets);
    assert!(futures_util::poll!(&mut invalidating).is_pending(), "it waits for a connection");
    drop(invalidating);
    within("the invalidation", async || node.read(1).await.version == world.version(1)).await;
}

#[tokio::test]
async fn scripts_that_the_server_has_lost_are_loaded_again() {
    let Some(server) = RedisServer::start("scripts", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    node.until_hit(1).await;
    server.run::<()>(&["SCRIPT", "FLUSH"]);
    node.change(1).await;
    node.until_hit(1).await;
}

#[tokio::test]
async fn runs_outages() {
    if std::env::var_os(PROGRAM).is_none() {
        return;
    }
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stdout).init();
    let Some(mut server) = RedisServer::start("outages", &[]) else {
        tracing::info!("SKIPPED");
        return;
    };
    let store = RedisStore::builder(server.url()).budget(Duration::from_millis(100)).build().unwrap();
    let node = Node::of(store, &Arc::default());
    node.until_hit(1).await;
    for _ in 0..2 {
        server.kill();
        node.outage().await;
        server.restart_empty();
        node.until_hit(1).await;
    }
    server.pause();
    node.outage().await;
    server.resume();
    node.until_hit(1).await;
}

/// Not one for each request.
#[test]
fn each_outage_is_a_line_of_the_log_and_its_end_is_another() {
    let mut program = test_as_program("redis::away::runs_outages");
    let log = output_of(program.env(PROGRAM, "1").env_remove("RUST_LOG"));
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    let (away, back) = (lines(" WARN "), lines("connected to Redis"));
    // On a busy machine, Redis may be too slow at other times as well.
    let is_each = (3..12).contains(&away) && (back - 1..=back).contains(&away);
    assert!(is_each || log.contains("SKIPPED"), "{away} outages and {back} connections:\n{log}");
}

/// A read that begins after a lookup was abandoned is not answered with its reply.
#[tokio::test]
async fn requests_whose_clients_left_do_not_disturb_others() {
    let Some(server) = RedisServer::start("left", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::<World>::default());
    for item in 0..8 {
        node.change(item).await;
        (0..item).for_each(|_| node.world.change(item));
        node.invalidate("all").await;
        node.until_hit(item).await;
    }
    for round in 0..40 {
        let mut left = Box::pin(node.read(round % 8));
        let _ = futures_util::poll!(&mut left);
        tokio::task::yield_now().await;
        drop(left);
        node.read_current((round + 1) % 8).await;
    }
    node.until_hit(1).await;
}
