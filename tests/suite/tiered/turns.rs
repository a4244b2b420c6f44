//! Of several processes that miss a key, one calls the handler.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{StatusCode, header};
use routekit::{
    cache::{Cache, CacheOptions},
    prelude::*,
    test::TestApp,
};
use tokio::task::JoinSet;

use super::{tiered, within};
use crate::{
    redis::now,
    support::{MINUTE, RedisServer, exact},
};

#[derive(Default)]
struct Calls {
    count: AtomicUsize,
    running: AtomicUsize,
    /// The largest number that ran at a time.
    most: AtomicUsize,
}

impl Calls {
    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    async fn slow(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(self.running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        count.to_string()
    }
}

#[get("/turns/cold", cache(ttl = 60))]
async fn cold(calls: Dep<Calls>) -> String {
    calls.slow().await
}

#[get("/turns/private", cache(ttl = 60))]
async fn private(calls: Dep<Calls>) -> impl axum::response::IntoResponse {
    ([(header::CACHE_CONTROL, "private")], calls.slow().await)
}

#[get("/turns/fails", cache(ttl = 60))]
async fn fails(calls: Dep<Calls>) -> StatusCode {
    calls.slow().await;
    StatusCode::SERVICE_UNAVAILABLE
}

async fn nodes(url: &str, count: usize, calls: &Arc<Calls>) -> Vec<(TestApp, Cache)> {
    let mut nodes = Vec::new();
    for _ in 0..count {
        let cache = exact().store(tiered(url).build()).build();
        let app = App::with_routes(routes![cold, private, fails]).cache(cache.clone());
        let app = TestApp::new(app.provide_shared(Arc::clone(calls)));
        within("the server", async || cache.get::<u8>("unused").await.is_ok() && cache.health().await.is_ok()).await;
        nodes.push((app, cache));
    }
    nodes
}

/// Each app gets a request, at the same time. Returns how long the slowest took.
async fn ask_all(nodes: &[(TestApp, Cache)], path: &'static str) -> Duration {
    let start = now();
    let mut tasks = JoinSet::new();
    for (app, _) in nodes {
        let app = app.clone();
        tasks.spawn(async move { app.get(path).send().await.status() });
    }
    tasks.join_all().await;
    now() - start
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cold_key_on_ten_nodes_calls_its_handler_once() {
    let Some(server) = RedisServer::start("turns", &[]) else { return };
    let calls = Arc::<Calls>::default();
    let nodes = nodes(&server.url(), 10, &calls).await;
    // An answer that is too late, on a busy machine, costs a second call.
    let mut once = 0;
    for path in ["/turns/cold?1", "/turns/cold?2", "/turns/cold?3"] {
        let before = calls.count();
        let took = ask_all(&nodes, path).await;
        let called = calls.count() - before;
        eprintln!("ten nodes took {took:?}, and called the handler {called} times");
        assert!(called <= 2, "{path}: {called} calls");
        once += usize::from(called == 1);
        ask_all(&nodes, path).await;
        assert_eq!(calls.count() - before, called);
    }
    assert!(once > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn value_on_ten_nodes_is_filled_once() {
    let Some(server) = RedisServer::start("turns-values", &[]) else { return };
    let calls = Arc::<Calls>::default();
    let nodes = nodes(&server.url(), 10, &calls).await;
    let mut once = 0;
    for key in ["one", "two", "three"] {
        let (mut tasks, before) = (JoinSet::new(), calls.count());
        for (_, cache) in &nodes {
            let (calls, cache) = (Arc::clone(&calls), cache.clone());
            tasks.spawn(async move {
                let options = CacheOptions::new().ttl(MINUTE);
                let fill = async move || Ok::<_, Problem>(calls.slow().await);
                cache.get_or_fill(key, &options, fill).await.unwrap()
            });
        }
        tasks.join_all().await;
        let called = calls.count() - before;
        // An answer that is too late, on a busy machine, costs a second call.
        assert!(called <= 2, "{key}: {called} calls");
        once += usize::from(called == 1);
    }
    assert!(once > 0);
}

/// A turn that no request has any longer would let every other process wait until it expires.
#[tokio::test]
async fn request_that_is_given_up_leaves_no_turn_behind() {
    let Some(server) = RedisServer::start("turns-given-up", &[]) else { return };
    let calls = Arc::<Calls>::default();
    let nodes = nodes(&server.url(), 2, &calls).await;
    for round in 0..40_u32 {
        let path = format!("/turns/cold?{round}");
        let asked = nodes[0].0.get(&path).send();
        // At any point: before the question for the turn is sent, before its answer, or while the handler runs.
        let _ = tokio::time::timeout(Duration::from_micros(u64::from(round) * 50), asked).await;
        let start = now();
        assert_eq!(nodes[1].0.get(&path).send().await.status(), StatusCode::OK);
        let took = now() - start;
        assert!(took < Duration::from_millis(1500), "round {round}: it waited for {took:?}");
    }
}

/// Processes must not wait for each other one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcome_that_cannot_be_shared_makes_no_queue() {
    let Some(server) = RedisServer::start("turns-private", &[]) else { return };
    let calls = Arc::<Calls>::default();
    let nodes = nodes(&server.url(), 10, &calls).await;
    for path in ["/turns/private", "/turns/fails"] {
        let before = calls.count();
        let took = ask_all(&nodes, path).await;
        assert_eq!(calls.count(), before + 10, "{path}");
        assert!(took < Duration::from_millis(1500), "{path}: in turn it takes two seconds, and took {took:?}");
    }
}

/// A request that begins after an invalidation cannot use what is being computed, and does not wait for it.
#[tokio::test]
async fn request_after_an_invalidation_does_not_wait_for_the_turn_of_its_own_process() {
    let Some(server) = RedisServer::start("turns-invalid", &[]) else { return };
    let calls = Arc::<Calls>::default();
    let nodes = nodes(&server.url(), 1, &calls).await;
    let (app, cache) = nodes[0].clone();
    let mut tasks = JoinSet::new();
    for round in 1..=4 {
        let app = app.clone();
        tasks.spawn(async move { app.get("/turns/cold").send().await.status() });
        within("a call", async || calls.count() == round).await;
        cache.invalidate_pattern("/turns/cold").await.unwrap();
    }
    tasks.join_all().await;
    assert!(calls.most.load(Ordering::SeqCst) > 1, "one after the other");
}
