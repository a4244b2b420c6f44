//! The memory that handlers allocate, in a program whose global allocator counts.

#![allow(clippy::unwrap_used, reason = "all of this is test code, helpers included")]

use std::{
    hint::black_box,
    sync::{Arc, Mutex},
    time::Duration,
};

use routekit::{
    alloc::CountingAllocator,
    cache::{Cache, CacheBuilder, CacheOptions, RedisStore, TieredStore},
    config::Config,
    observe::{Allocated, Finished, Observer},
    prelude::*,
    route::Route,
    test::TestApp,
};
use tokio::task::yield_now;

/// Parts of what the suite has.
#[allow(dead_code, clippy::print_stderr, reason = "this program needs few of them, which say why a test is skipped")]
#[path = "../suite/support"]
mod support {
    pub(crate) mod programs;
    pub(crate) mod redis_server;
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::system();

fn allocate(bytes: usize) {
    drop(black_box(Vec::<u8>::with_capacity(bytes)));
}

/// Allocates at the first poll, twice at the second, and at the third.
async fn in_three_polls(bytes: usize) {
    allocate(bytes);
    yield_now().await;
    allocate(bytes);
    allocate(bytes);
    yield_now().await;
    allocate(bytes);
}

#[get("/plain/{bytes}")]
async fn plain(bytes: usize) {
    in_three_polls(bytes).await;
}

#[get("/layered/{bytes}", layer(tower_http::compression::CompressionLayer::new()))]
async fn layered(bytes: usize) {
    in_three_polls(bytes).await;
}

#[post("/invalidating/{bytes}", invalidates("pages"))]
async fn invalidating(bytes: usize) {
    in_three_polls(bytes).await;
}

#[get("/cached/{bytes}", cache(ttl = "1m"))]
async fn cached(bytes: usize) {
    in_three_polls(bytes).await;
}

#[get("/late/{bytes}", timeout = "1s")]
async fn late(bytes: usize) {
    in_three_polls(bytes).await;
    std::future::pending::<()>().await;
}

#[get("/panics/{bytes}")]
async fn panics(bytes: usize) {
    in_three_polls(bytes).await;
    // Prints nothing.
    std::panic::resume_unwind(Box::new("a panic"));
}

#[get("/elsewhere/{bytes}")]
async fn elsewhere(bytes: usize) {
    tokio::spawn(in_three_polls(bytes)).await.unwrap();
    tokio::task::spawn_blocking(move || allocate(bytes)).await.unwrap();
}

#[get("/value")]
async fn value(cache: Dep<Cache>) -> Json<u8> {
    let filled: Result<u8, Problem> = cache.get_or_fill("value", &CacheOptions::new(), async || Ok(7)).await;
    Json(filled.unwrap())
}

/// Keeps what the last request has allocated.
#[derive(Clone, Default)]
struct Last(Arc<Mutex<Option<Allocated>>>);

impl Observer for Last {
    fn finished(&self, request: &Finished<'_>) {
        *self.0.lock().unwrap() = request.allocated;
    }
}

impl Last {
    /// Bytes and number of allocations.
    fn counts(&self) -> Option<(u64, u64)> {
        self.0.lock().unwrap().take().map(|allocated| (allocated.bytes, allocated.count))
    }
}

fn app(route: Route) -> (TestApp, Last) {
    let last = Last::default();
    (TestApp::new(App::with_routes([route]).config(Config::default()).observer(last.clone())), last)
}

/// How much more a request for the second path allocates than one for the first. Both have the same length, so that
/// everything around the handler allocates the same.
async fn difference(route: Route, paths: [&str; 2]) -> (u64, u64) {
    let method = if route.meta().path().starts_with("/invalidating") { http::Method::POST } else { http::Method::GET };
    let (app, last) = app(route);
    let mut counts = Vec::new();
    // What is initialised by the first request is not part of the difference.
    for path in [paths[0], paths[0], paths[1]] {
        app.request(method.clone(), path).send().await;
        counts.push(last.counts().unwrap());
    }
    (counts[2].0 - counts[1].0, counts[2].1 - counts[1].1)
}

#[tokio::test(start_paused = true)]
async fn handler_is_measured_over_all_its_polls() {
    let none = difference(plain::ROUTE, ["/plain/00000", "/plain/00000"]).await;
    assert_eq!(none, (0, 0));
    for (route, paths) in [
        (plain::ROUTE, ["/plain/00000", "/plain/10000"]),
        (layered::ROUTE, ["/layered/00000", "/layered/10000"]),
        (invalidating::ROUTE, ["/invalidating/00000", "/invalidating/10000"]),
        (late::ROUTE, ["/late/00000", "/late/10000"]),
        (panics::ROUTE, ["/panics/00000", "/panics/10000"]),
    ] {
        assert_eq!(difference(route, paths).await, (40_000, 4), "{}", paths[1]);
    }
}

#[tokio::test]
async fn other_tasks_on_the_same_thread_are_not_measured() {
    let other = tokio::spawn(async {
        loop {
            allocate(1 << 20);
            yield_now().await;
        }
    });
    assert_eq!(difference(plain::ROUTE, ["/plain/00000", "/plain/10000"]).await, (40_000, 4));
    let (bytes, count) = difference(elsewhere::ROUTE, ["/elsewhere/00000", "/elsewhere/10000"]).await;
    assert_eq!((bytes, count), (0, 0), "what a handler has others do");
    other.abort();
}

#[tokio::test]
async fn handlers_at_the_same_time_are_measured_apart() {
    let (app, last) = app(plain::ROUTE);
    app.get("/plain/00000").send().await;
    let one = async |path: &str| {
        app.get(path).send().await;
        last.counts().unwrap()
    };
    let alone = one("/plain/00000").await;
    let (small, large) = futures_util::future::join(one("/plain/00001"), one("/plain/90000")).await;
    assert_eq!(small, (alone.0 + 4, alone.1 + 4));
    assert_eq!(large, (alone.0 + 360_000, alone.1 + 4));
}

#[tokio::test]
async fn cached_response_allocates_nothing_in_the_handler() {
    let (app, last) = app(cached::ROUTE);
    app.get("/cached/10000").send().await;
    let (bytes, count) = last.counts().unwrap();
    assert!(bytes >= 40_000 && count >= 4, "{bytes} {count}");
    app.get("/cached/10000").send().await;
    assert_eq!(last.counts(), None, "no handler ran");
    app.get("/nothing-here").send().await;
    assert_eq!(last.counts(), None, "no handler ran");
}

#[tokio::test]
async fn metrics_have_the_sum_of_each_route() {
    let (app, last) = app(plain::ROUTE);
    let mut sum = (0, 0);
    for path in ["/plain/1", "/plain/20000", "/plain/300"] {
        app.get(path).send().await;
        let (bytes, count) = last.counts().unwrap();
        sum = (sum.0 + bytes, sum.1 + count);
    }
    let text = app.admin().get("/metrics").send().await.text().to_owned();
    let labels = r#"{http_request_method="GET",http_route="/plain/{bytes}"}"#;
    for series in [
        format!("routekit_handler_allocated_bytes_total{labels} {}\n", sum.0),
        format!("routekit_handler_allocations_total{labels} {}\n", sum.1),
    ] {
        assert!(text.contains(&series), "{series}{text}");
    }
}

#[tokio::test]
async fn heap_of_the_process_is_what_is_allocated_and_not_freed() {
    const SIZE: usize = 256 << 20;
    let (app, _) = app(plain::ROUTE);
    let heap = async || {
        let text = app.admin().get("/metrics").send().await.text().to_owned();
        let heap = text.lines().find_map(|line| line.strip_prefix("process_heap_bytes ")).unwrap().to_owned();
        heap.parse::<f64>().unwrap()
    };
    let before = heap().await;
    let kept = black_box(Vec::<u8>::with_capacity(SIZE));
    let with = heap().await - before;
    drop(kept);
    let after = heap().await - before;
    // Other tests run at the same time.
    let margin = 64e6;
    assert!((with - SIZE as f64).abs() < margin && after.abs() < margin, "{before} {with} {after}");
}

#[tokio::test(start_paused = true)]
async fn late_handler_is_measured_until_its_timeout() {
    let (app, last) = app(late::ROUTE);
    let started = tokio::time::Instant::now();
    assert_eq!(app.get("/late/10000").send().await.status(), 504);
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(last.counts().unwrap().0 >= 40_000);
}

/// The sum of what a call waits for Redis is only for calls that wait.
#[tokio::test]
async fn value_in_memory_allocates_the_same_with_redis_behind_it() {
    let Some(server) = support::redis_server::RedisServer::start("allocations", &[]) else { return };
    let tiered = TieredStore::new(RedisStore::new(server.url()).unwrap());
    let hit = async |cache: CacheBuilder, is_ready: &dyn Fn() -> bool| {
        let last = Last::default();
        let app = App::with_routes([value::ROUTE]).config(Config::default()).observer(last.clone()).cache(cache);
        let app = TestApp::new(app);
        app.get("/value").send().await;
        while !is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Memory is empty when it begins to follow.
        app.get("/value").send().await;
        last.counts();
        app.get("/value").send().await;
        last.counts().unwrap()
    };
    let embedded = hit(Cache::builder(), &|| true).await;
    let behind = hit(Cache::builder().store(tiered.clone()), &|| tiered.is_live()).await;
    assert_eq!(behind, embedded);
}
