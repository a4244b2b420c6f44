//! The time of a miss.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use routekit::{cache::TieredStore, rate_limit::RateLimitLayer};

use super::{BUDGET, Process, redis};
use crate::{
    redis::{now, within},
    support::{RedisServer, TcpProxy, x_cache_of},
};

/// The limit, the lookup, and the turn or the put wait.
#[tokio::test]
async fn a_miss_waits_for_one_budget_while_redis_hangs() {
    let Some(server) = RedisServer::start("budget-hangs", &[]) else { return };
    for (number, (name, process)) in Process::all(&server.url()).into_iter().enumerate() {
        let first = 10 * (number + 1);
        let time = process.during_hangs(&server, async |round| process.miss(first + round).await).await;
        eprintln!("Redis hangs, {name}: a miss takes {time:?}");
        assert!(time >= BUDGET * 9 / 10, "{name}: it waits for Redis: {time:?}");
        assert!(time < BUDGET * 3 / 2, "{name}: {time:?}");
    }
}

/// Each answer comes within the budget, and all together do not.
#[tokio::test]
async fn a_miss_waits_for_one_budget_while_redis_is_slow() {
    let Some(server) = RedisServer::start("budget-slow", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    for (number, (name, process)) in Process::all(&proxy.url()).into_iter().enumerate() {
        process.until_hit().await;
        let accepted = proxy.accepted();
        // Two answers are in time, with some to spare for a busy machine, and the third is not.
        proxy.delay(BUDGET * 36 / 100);
        let mut times = Vec::new();
        for round in 0..5 {
            times.push(process.miss(10 * (number + 1) + round).await);
        }
        proxy.delay(Duration::ZERO);
        eprintln!("Redis is slow, {name}: misses take {times:?}");
        assert!(times.iter().min() < Some(&(BUDGET * 6 / 5)), "{name}: {times:?}");
        // One for an answer that a busy machine delays.
        let again = proxy.accepted() - accepted;
        assert!(again <= 1, "{name}: what is left of a budget is no reason to connect again: {again}");
    }
}

/// The first request finds out that Redis hangs, and the others get its response: they do not find out one after the
/// other.
#[tokio::test]
async fn requests_that_wait_for_each_other_share_a_response_if_redis_begins_to_hang() {
    let Some(server) = RedisServer::start("budget-share-miss", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::new(redis(&proxy.url()), &Arc::default());
    process.until_hit().await;
    let (before, start) = (process.calls.count(), now());
    let get = async || x_cache_of(&process.app, "/budget/free/1").await;
    let (answers, ()) = tokio::join!(async { tokio::join!(get(), get(), get()) }, begin_to_hang(&proxy));
    let time = now() - start;
    assert_eq!(answers, ("MISS".to_owned(), "MISS".to_owned(), "MISS".to_owned()));
    assert_eq!(process.calls.count(), before + 1);
    assert!(time < BUDGET * 3 / 2, "{time:?}");
}

/// The first answers come, and no later ones.
pub(super) async fn begin_to_hang(proxy: &TcpProxy) {
    proxy.delay(BUDGET * 3 / 10);
    tokio::time::sleep(BUDGET * 15 / 100).await;
    proxy.delay(BUDGET * 10);
}

/// The answers of Redis take longer than the budget together, but the request waits for another process.
#[tokio::test]
async fn waiting_for_another_process_is_no_wait_for_redis() {
    let Some(server) = RedisServer::start("budget-turns", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let calls = Arc::default();
    let [one, two] = [server.url(), proxy.url()].map(|url| Process::new(TieredStore::new(redis(&url)), &calls));
    one.until_hit().await;
    two.until_hit().await;
    let before = calls.count();
    proxy.delay(BUDGET / 8);
    let slow = async |process: &Process| process.app.get("/budget/slow").send().await.status();
    let second = async {
        within("the handler", async || calls.count() > before).await;
        slow(&two).await
    };
    assert_eq!(tokio::join!(slow(&one), second), (StatusCode::OK, StatusCode::OK));
    assert_eq!(calls.count(), before + 1);
}

/// The first of two servers hangs, and the second has the cache.
#[tokio::test]
async fn each_server_has_a_budget_of_its_own() {
    let Some(quotas) = RedisServer::start("budget-quotas", &[]) else { return };
    let Some(server) = RedisServer::start("budget-cache", &[]) else { return };
    let counted = redis(&quotas.url());
    counted.connect(Duration::from_secs(5)).await.unwrap();
    let limit = RateLimitLayer::new(["1000/min".parse().unwrap()]).unwrap().shared(&counted.quotas(), "edge");
    let process = Process::layered(redis(&server.url()), &Arc::default(), |app| app.layer(limit));
    within("a hit", async || process.free(1).await.1).await;
    quotas.pause();
    let start = now();
    let (_, is_hit) = process.free(1).await;
    let time = now() - start;
    quotas.resume();
    assert!(time >= BUDGET * 9 / 10, "the limit waits: {time:?}");
    assert!(is_hit, "the cache was not asked");
}

/// After the limit, nothing is left for the lookup.
#[tokio::test]
async fn with_nothing_left_nothing_is_sent() {
    let Some(server) = RedisServer::start("budget-sent", &[]) else { return };
    let process = Process::new(redis(&server.url()), &Arc::default());
    process.until_hit().await;
    let calls_of = |command: &str| {
        let stats: String = server.run(&["INFO", "commandstats"]);
        let calls = stats.split(&format!("cmdstat_{command}:calls=")).nth(1);
        calls.and_then(|rest| rest.split(',').next()?.parse::<usize>().ok()).unwrap_or(0)
    };
    let before = ["evalsha", "get"].map(calls_of);
    server.pause();
    process.miss(1).await;
    server.resume();
    within("the limit", async || calls_of("evalsha") > before[0]).await;
    // The limit reads its quota.
    assert_eq!(calls_of("get"), before[1] + 1, "the entry was asked for");
}
