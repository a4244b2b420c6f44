//! What is stored although Redis is slow.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use http::StatusCode;

use super::{BUDGET, Process, redis};
use crate::{
    redis::within,
    support::{RedisServer, TcpProxy, x_cache_of},
};

/// The lookup takes most of the budget, so that the handler's response is put with little left.
#[tokio::test]
async fn entries_are_stored_although_answers_take_most_of_the_budget() {
    let Some(server) = RedisServer::start("budget-stores", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    for (number, (name, process)) in Process::all(&proxy.url()).into_iter().enumerate() {
        process.until_hit().await;
        proxy.delay(BUDGET * 6 / 10);
        assert!(!process.free(number).await.1, "{name}");
        // Memory in front of Redis writes a little later.
        if name == "Redis alone" {
            assert!(process.free(number).await.1, "the second request");
        }
        within(&format!("a hit, {name}"), async || process.free(number).await.1).await;
        proxy.delay(BUDGET * 42 / 100);
        // A limit, a lookup, and another one that finds little left.
        let path = format!("/budget/page/{}", number + 1);
        assert_ne!(x_cache_of(&process.app, &path).await, "HIT", "{name}");
        within(&format!("a limited hit, {name}"), async || x_cache_of(&process.app, &path).await == "HIT").await;
        proxy.delay(Duration::ZERO);
    }
}

/// A request has no time left to ask whether the running fetch is still valid.
#[tokio::test]
async fn a_fetch_whose_validity_is_not_known_is_not_replaced() {
    let Some(server) = RedisServer::start("budget-fetch", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::new(redis(&proxy.url()), &Arc::default());
    process.until_hit().await;
    let before = process.calls.count();
    let get = async || process.app.get("/budget/gated").send().await;
    let second = async {
        within("the first handler", async || process.calls.count() > before).await;
        // The second request begins after it, and must not get what it covers.
        process.cache.invalidate_tags(["free"]).await.unwrap();
        proxy.delay(BUDGET * 42 / 100);
        let open = async {
            within("the second handler", async || process.calls.count() > before + 1).await;
            process.gate.0.add_permits(2);
        };
        let (answer, ()) = tokio::join!(get(), open);
        proxy.delay(Duration::ZERO);
        answer
    };
    let (first, second) = tokio::join!(get(), second);
    assert_eq!(first.text(), format!("of call {}", before + 1));
    assert_eq!((second.text(), second.header("x-cache")), (&*format!("of call {}", before + 2), Some("BYPASS")));
    process.gate.0.add_permits(9);
    let third = get().await;
    assert_eq!((third.text(), third.header("x-cache")), (first.text(), Some("HIT")), "the first was stored");
}

/// The key of a response has the headers that earlier ones vary by, also if the store does not tell them again.
#[tokio::test]
async fn a_variant_replaces_no_others_if_the_store_does_not_answer() {
    let Some(server) = RedisServer::start("budget-vary", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    for (name, process) in Process::all(&proxy.url()) {
        process.until_hit().await;
        process.cache.clear().await.unwrap();
        let get = async |a: &str, names: &str| {
            let request = process.app.get("/budget/varied").header("x-a", a).header("x-b", "1");
            let answer = request.header("x-names", names).send().await;
            assert_eq!((answer.status(), answer.bytes()), (StatusCode::OK, &Bytes::from_static(b"varied")));
            answer.header("x-cache").unwrap().to_owned()
        };
        within("a hit", async || get("1", "x-a, x-b").await == "HIT").await;
        // Three answers are in time. The fourth, with the names of varied headers, is not.
        proxy.delay(BUDGET * 3 / 10);
        assert_ne!(get("2", "x-a").await, "HIT", "{name}");
        proxy.delay(Duration::ZERO);
        within("the other variant", async || get("2", "x-a").await == "HIT").await;
        let before = process.calls.count();
        assert_eq!((get("1", "x-a, x-b").await.as_str(), process.calls.count()), ("HIT", before), "{name}");
    }
}
