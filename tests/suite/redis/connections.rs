//! Connections that end or are late: the command is sent again, and the others go on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use http::{HeaderMap, StatusCode};
use routekit::{
    cache::{BufferedResponse, Cache, CacheStore, ClaimOutcome, Key, StoredResponse, Target},
    prelude::*,
    test::TestApp,
};

use super::{Node, now, within};
use crate::support::{MINUTE, RedisServer, TcpProxy};

/// How often a step is tried. To connect again may take longer than the budget on a busy machine.
const ROUNDS: usize = 10;

/// As a server does with a connection that is idle for longer than its `timeout`.
fn close_connections(server: &RedisServer) {
    server.run::<usize>(&["CLIENT", "KILL", "TYPE", "normal"]);
}

/// Counts the rounds that succeed. Before each, the node is connected.
async fn count(node: &Node, mut round: impl AsyncFnMut(usize) -> bool) -> usize {
    let mut succeeded = 0;
    for index in 0..ROUNDS {
        node.stamp().await;
        succeeded += usize::from(round(index).await);
    }
    succeeded
}

#[tokio::test]
async fn connection_that_was_closed_while_idle_loses_no_command() {
    let Some(server) = RedisServer::start("idle", &[]) else { return };
    let node = Node::patient(&server.url(), &Arc::default());
    let lookups = count(&node, async |_| {
        node.until_hit(1).await;
        close_connections(&server);
        node.read_current(1).await
    });
    assert!(lookups.await > ROUNDS / 2, "lookups");
    let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
    let puts = count(&node, async |index| {
        let (key, stamp) = (Key::new(format!("put-{index}")), node.stamp().await);
        close_connections(&server);
        node.store.put(StoredResponse::new(key, answer.clone(), stamp, now(), MINUTE).into()).await.is_ok()
    });
    assert!(puts.await > ROUNDS / 2, "puts");
    let invalidations = count(&node, async |_| {
        close_connections(&server);
        node.store.invalidate(&[Target::tag("", "all")]).await.is_ok()
    });
    assert!(invalidations.await > ROUNDS / 2, "invalidations");
    let (held, next) = (Bytes::from("held"), Bytes::from("next"));
    let claims = count(&node, async |index| {
        let key = Key::new(format!("claim-{index}"));
        close_connections(&server);
        let won = matches!(node.store.claim(&key, held.clone(), MINUTE).await, Ok(ClaimOutcome::Won));
        close_connections(&server);
        won && node.store.swap_claim(&key, &held, Some(next.clone()), MINUTE).await.is_ok_and(|swapped| swapped)
    });
    assert!(claims.await > ROUNDS / 2, "claims");
}

/// The server has executed the command, and the client does not know.
#[tokio::test]
async fn claim_whose_reply_is_lost_is_won() {
    let Some(server) = RedisServer::start("lost-reply", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let node = Node::patient(&proxy.url(), &Arc::default());
    let won = count(&node, async |index| {
        let (key, record) = (Key::new(format!("lost-{index}")), Bytes::from(format!("record-{index}")));
        proxy.cut_next_reply(0);
        matches!(node.store.claim(&key, record, MINUTE).await, Ok(ClaimOutcome::Won))
    });
    assert!(won.await > ROUNDS / 2);
    let (key, record) = (Key::new("twice"), Bytes::from("record"));
    assert_eq!(node.store.claim(&key, record.clone(), MINUTE).await.unwrap(), ClaimOutcome::Won);
    let again = node.store.claim(&key, record.clone(), MINUTE).await.unwrap();
    assert_eq!(again, ClaimOutcome::Taken(record), "no reply was lost");
}

#[tokio::test]
async fn swap_whose_reply_is_lost_has_swapped() {
    let Some(server) = RedisServer::start("lost-swap", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let node = Node::patient(&proxy.url(), &Arc::default());
    let (held, next, other) = (Bytes::from("held"), Bytes::from("next"), Bytes::from("other"));
    let swapped = count(&node, async |index| {
        let key = Key::new(format!("swap-{index}"));
        within("a claim", async || node.store.claim(&key, held.clone(), MINUTE).await.is_ok()).await;
        proxy.cut_next_reply(0);
        let swapped = node.store.swap_claim(&key, &held, Some(next.clone()), MINUTE).await.is_ok_and(|swapped| swapped);
        node.stamp().await;
        let taken = node.store.claim(&key, other.clone(), MINUTE).await;
        assert!(!swapped || taken.is_ok_and(|taken| taken == ClaimOutcome::Taken(next.clone())));
        node.stamp().await;
        let again = node.store.swap_claim(&key, &held, Some(next.clone()), MINUTE).await;
        assert!(!again.is_ok_and(|swapped| swapped), "no reply was lost");
        proxy.cut_next_reply(0);
        let removed = node.store.swap_claim(&key, &next, None, MINUTE).await.is_ok_and(|removed| removed);
        swapped && removed
    });
    assert!(swapped.await > ROUNDS / 2);
}

/// A shop whose connections end while it processes an order.
struct Shop {
    server: RedisServer,
    orders: AtomicUsize,
}

#[post("/redis/order", idempotent)]
async fn order(shop: Dep<Shop>) -> String {
    close_connections(&shop.server);
    shop.orders.fetch_add(1, Ordering::SeqCst).to_string()
}

#[tokio::test]
async fn response_whose_connection_ends_while_the_handler_runs_is_stored() {
    let Some(server) = RedisServer::start("order", &[]) else { return };
    let node = Node::patient(&server.url(), &Arc::default());
    let app = App::with_routes(routes![order]).cache(Cache::builder().store(node.store.clone()));
    let app = TestApp::new(app.provide(Shop { server, orders: AtomicUsize::new(0) }));
    let send =
        async |index: usize| app.post("/redis/order").header("idempotency-key", &format!("order-{index}")).send().await;
    let repeated = count(&node, async |index| {
        let first = send(index).await;
        node.stamp().await;
        let second = send(index).await;
        first.status() == StatusCode::OK && second.status() == StatusCode::OK && first.text() == second.text()
    });
    assert!(repeated.await > ROUNDS / 2);
}

/// The second lookup is sent, and is answered once the server goes on.
#[tokio::test]
async fn late_answer_alone_does_not_turn_requests_away() {
    let Some(server) = RedisServer::start("late", &[]) else { return };
    let node = Node::patient(&server.url(), &Arc::default());
    node.stamp().await;
    let key = Key::new("late");
    server.pause();
    assert!(node.store.lookup(&key).await.is_err(), "the server hangs");
    let (second, ()) = tokio::join!(node.store.lookup(&key), async { server.resume() });
    assert!(second.is_ok(), "{second:?}");
}

/// The reply that is late holds back all that follow on its connection.
#[tokio::test]
async fn connection_that_hangs_is_replaced() {
    let Some(server) = RedisServer::start("hangs", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let node = Node::patient(&proxy.url(), &Arc::default());
    node.until_hit(1).await;
    let before = proxy.accepted();
    proxy.delay(Duration::from_secs(60));
    assert!(node.store.lookup(&Key::new("a")).await.is_err(), "the reply is late");
    proxy.delay(Duration::ZERO);
    node.until_hit(1).await;
    assert!(proxy.accepted() > before);
}
