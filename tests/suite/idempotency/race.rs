//! A hundred repeats at a time, on several threads.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use routekit::{
    Clock,
    cache::{Cache, CacheBuilder, RedisStore},
    prelude::*,
    test::TestApp,
};
use tokio::task::JoinSet;

use super::KEY;
use crate::{
    stores::Plain,
    support::{RedisServer, Runs},
};

/// Gives other requests the time to find the key.
#[post("/idem/raced", idempotent)]
async fn raced(runs: Dep<Runs>, body: String) -> String {
    let run = runs.next();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    format!("{body} {run}")
}

/// How often the handler ran for a hundred requests with one key, and their answers. Clients wait for `pause` before
/// they repeat a request that is outstanding.
async fn race(cache: CacheBuilder, pause: Duration) -> (usize, BTreeSet<String>) {
    let runs = Arc::new(Runs::default());
    let app = App::with_routes(routes![raced]).cache(cache);
    let app = TestApp::builder(app).provide_shared(Arc::clone(&runs)).build();
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        let app = app.clone();
        clients.spawn(async move {
            loop {
                let request = app.post("/idem/raced").header("idempotency-key", KEY).body("paid");
                let answer = request.send().await;
                match answer.status().as_u16() {
                    200 => return answer.text().to_owned(),
                    // On a busy machine, Redis may not answer in time.
                    409 | 503 if !pause.is_zero() => tokio::time::sleep(pause).await,
                    409 => tokio::task::yield_now().await,
                    status => panic!("{status}: {}", answer.text()),
                }
            }
        });
    }
    let answers = clients.join_all().await.into_iter().collect();
    (runs.count(), answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hundred_repeats_run_the_handler_once() {
    for _ in 0..20 {
        for cache in [Cache::builder(), Cache::builder().store(Plain::new(Clock::system()))] {
            assert_eq!(race(cache, Duration::ZERO).await, (1, BTreeSet::from(["paid 1".to_owned()])));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hundred_repeats_run_the_handler_once_with_claims_in_redis() {
    let Some(server) = RedisServer::start("idempotency", &[]) else { return };
    for round in 0..5 {
        let store = RedisStore::builder(server.url()).prefix(format!("round-{round}"));
        let store = store.budget(Duration::from_millis(250)).build().unwrap();
        store.connect(Duration::from_secs(10)).await.unwrap();
        // A hundred clients that never wait would keep Redis from answering in time.
        let raced = race(Cache::builder().store(store), Duration::from_millis(20)).await;
        assert_eq!(raced, (1, BTreeSet::from(["paid 1".to_owned()])));
    }
}

/// The first test would find a claim that is not atomic.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hundred_repeats_run_the_handler_more_than_once_if_claims_have_two_steps() {
    // One round is nearly always enough. On a busy machine, all clients may take turns.
    for _ in 0..1_000 {
        let store = Plain::with_claims_in_two_steps(Clock::system());
        if race(Cache::builder().store(store), Duration::ZERO).await.0 > 1 {
            return;
        }
    }
    panic!("the handler ran once in each of 1,000 rounds");
}
