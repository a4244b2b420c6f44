//! Claims of idempotency keys, and what becomes of them if their answer is late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use routekit::{Spawner, cache::RedisStore};

use super::{BUDGET, Process, redis};
use crate::{
    redis::within,
    support::{RedisServer, TcpProxy},
};

impl Process {
    /// Waits until an order that was refused is processed.
    async fn until_created(&self, key: &str) {
        within("the release", async || {
            self.order("/budget/limited-order", key).await.0.status() == StatusCode::CREATED
        })
        .await;
    }

    /// Waits until requests skip Redis.
    async fn until_away(&self) {
        within("the outage", async || self.refused("another").await < BUDGET / 5).await;
    }

    /// Sends an order that is refused since its key cannot be claimed. Returns the time that it takes.
    async fn refused(&self, key: &str) -> Duration {
        let (answer, time) = self.order("/budget/order", key).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        time
    }
}

/// A spawner that counts its tasks.
fn counting() -> (Spawner, Arc<AtomicUsize>) {
    let tasks = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&tasks);
    let spawner = Spawner::new(move |task| {
        counter.fetch_add(1, Ordering::SeqCst);
        drop(tokio::spawn(task));
    });
    (spawner, tasks)
}

/// Although the two limits before it have taken nearly all.
#[tokio::test]
async fn a_claim_may_always_wait_for_half_of_the_budget() {
    let Some(server) = RedisServer::start("budget-share", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::tiered(&proxy.url());
    process.until_hit().await;
    proxy.delay(BUDGET * 35 / 100);
    let mut statuses = Vec::new();
    // On a busy machine, some answers are later.
    for key in ["a", "b", "c"] {
        statuses.push(process.order("/budget/twice-limited-order", key).await.0.status());
    }
    assert!(statuses.contains(&StatusCode::CREATED), "{statuses:?}");
}

/// The server takes the claim once it goes on, and the request is gone.
#[tokio::test]
async fn a_claim_that_hangs_is_released() {
    let Some(server) = RedisServer::start("budget-claim", &[]) else { return };
    let process = Process::tiered(&server.url());
    process.until_hit().await;
    let before = process.calls.count();
    let refused = async |_| {
        let (answer, time) = process.order("/budget/limited-order", "a").await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        time
    };
    let time = process.during_hangs(&server, refused).await;
    eprintln!("Redis hangs: a limited order takes {time:?}");
    assert!(time < BUDGET * 19 / 10, "the limit has the budget, and the claim half of it: {time:?}");
    process.until_created("a").await;
    assert_eq!(process.calls.count(), before + 1);
}

/// The client leaves before the claim is answered.
#[tokio::test]
async fn a_claim_whose_client_has_left_is_released() {
    let Some(server) = RedisServer::start("budget-left", &[]) else { return };
    let process = Process::tiered(&server.url());
    process.until_hit().await;
    server.pause();
    let order = process.order("/budget/order", "a");
    assert!(tokio::time::timeout(BUDGET / 5, order).await.is_err());
    server.resume();
    within("the release", async || {
        process.order("/budget/order", "a").await.0.status() == StatusCode::PAYMENT_REQUIRED
    })
    .await;
}

/// Redis is away, so no claim is sent, and none is released.
#[tokio::test]
async fn a_claim_that_was_not_sent_is_not_released() {
    let Some(mut server) = RedisServer::start("budget-unsent", &[]) else { return };
    let (spawner, tasks) = counting();
    let store = RedisStore::builder(server.url()).budget(BUDGET).spawner(spawner).build().unwrap();
    let process = Process::new(store, &Arc::default());
    process.until_hit().await;
    server.kill();
    process.until_away().await;
    let before = tasks.load(Ordering::SeqCst);
    process.refused("a").await;
    assert_eq!(tasks.load(Ordering::SeqCst), before);
}

/// Redis has answered, so that there is nothing to release.
#[tokio::test]
async fn a_claim_that_redis_refuses_is_not_released() {
    let Some(server) = RedisServer::start("budget-refused", &[]) else { return };
    server.run::<()>(&["ACL", "SETUSER", "counted", "on", ">secret", "~*", "&*", "+@all"]);
    let (spawner, tasks) = counting();
    let store = RedisStore::builder(server.url()).username("counted").password("secret").budget(BUDGET);
    let process = Process::new(store.spawner(spawner).build().unwrap(), &Arc::default());
    process.until_hit().await;
    server.run::<()>(&["ACL", "SETUSER", "counted", "resetkeys"]);
    let before = tasks.load(Ordering::SeqCst);
    process.refused("a").await;
    assert_eq!(tasks.load(Ordering::SeqCst), before);
    let denied: Vec<redis::Value> = server.run(&["ACL", "LOG"]);
    assert_eq!(denied.len(), 1, "the claim: {denied:?}");
}

/// When the claim is given up, requests skip Redis already: its release cannot be sent, and Redis takes the claim once
/// it goes on.
#[tokio::test]
async fn a_claim_that_redis_takes_after_an_outage_is_released() {
    let Some(server) = RedisServer::start("budget-outage", &[]) else { return };
    let process = Process::new(redis(&server.url()), &Arc::default());
    process.until_hit().await;
    let before = process.calls.count();
    server.pause();
    // Redis is skipped from 1.5 s on. Some of the claims that were sent before are given up after that.
    let keys: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let orders = (0_u32..).zip(&keys).map(async |(number, key)| {
        tokio::time::sleep(BUDGET * number / 4).await;
        process.refused(key).await;
    });
    futures_util::future::join_all(orders).await;
    process.until_away().await;
    server.resume();
    for key in &keys {
        within(&format!("the release of {key}"), async || {
            process.order("/budget/order", key).await.0.status() == StatusCode::PAYMENT_REQUIRED
        })
        .await;
    }
    assert_eq!(process.calls.count(), before + keys.len());
}

/// The handler fails while Redis is away, so that its request may be repeated afterwards.
#[tokio::test]
async fn a_release_that_fails_is_repeated() {
    let Some(server) = RedisServer::start("budget-release", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::new(redis(&proxy.url()), &Arc::default());
    process.until_hit().await;
    let before = process.calls.count();
    let order = async || process.order("/budget/failing-order", "a").await.0.status();
    let outage = async {
        within("the handler", async || process.calls.count() > before).await;
        proxy.refuse(true);
        process.until_away().await;
        process.gate.0.add_permits(1);
    };
    let (status, ()) = tokio::join!(order(), outage);
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    proxy.refuse(false);
    process.gate.0.add_permits(1);
    within("the release", async || order().await == StatusCode::INTERNAL_SERVER_ERROR).await;
    assert_eq!(process.calls.count(), before + 2);
}

/// The request was not processed, so its claim must go.
#[tokio::test]
async fn a_claim_that_is_answered_late_is_released() {
    let Some(server) = RedisServer::start("budget-late-claim", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::tiered(&proxy.url());
    process.until_hit().await;
    let before = process.calls.count();
    proxy.delay(BUDGET * 7 / 10);
    let (answer, _) = process.order("/budget/limited-order", "a").await;
    assert_eq!((answer.status(), process.calls.count()), (StatusCode::SERVICE_UNAVAILABLE, before));
    proxy.delay(Duration::ZERO);
    process.until_created("a").await;
    assert_eq!(process.calls.count(), before + 1);
}

/// The response is not held up, and its repetitions get it.
#[tokio::test]
async fn a_response_is_recorded_after_the_budget() {
    let Some(server) = RedisServer::start("budget-record", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::tiered(&proxy.url());
    process.until_hit().await;
    let before = process.calls.count();
    proxy.delay(BUDGET * 7 / 10);
    let mut times = Vec::new();
    for key in ["a", "b", "c"] {
        let (answer, time) = process.order("/budget/order", key).await;
        assert_eq!(answer.status(), StatusCode::PAYMENT_REQUIRED);
        times.push(time);
    }
    assert!(times.iter().min() < Some(&(BUDGET * 13 / 10)), "{times:?}");
    proxy.delay(Duration::ZERO);
    for key in ["a", "b", "c"] {
        within("the record", async || {
            let (answer, _) = process.order("/budget/order", key).await;
            answer.header("idempotency-replayed") == Some("true")
        })
        .await;
    }
    assert_eq!(process.calls.count(), before + 3);
}
