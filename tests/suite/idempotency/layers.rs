//! The policy as a layer of a plain axum router.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    routing::{get, post},
};
use http::StatusCode;
use routekit::{ManualClock, Spawner, cache::Cache, idempotency::IdempotencyLayer};
use tower::ServiceExt;

use super::KEY;
use crate::support::{Runs, idle, is_pending};

fn router(layer: IdempotencyLayer) -> Router {
    let runs = Runs::default();
    let (again, page) = (runs.clone(), runs.clone());
    Router::new()
        .route("/a/{id}", post(async move || format!("a {}", runs.next())))
        .route("/b/{id}", post(async move || format!("b {}", again.next())))
        .route("/page", get(async move || format!("page {}", page.next())))
        .layer(layer)
}

async fn call(router: &Router, request: Request) -> (StatusCode, String) {
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    (status, String::from_utf8(to_bytes(answer.into_body(), 1000).await.unwrap().to_vec()).unwrap())
}

fn keyed(method: &str, path: &str) -> Request {
    Request::builder().method(method).uri(path).header("idempotency-key", KEY).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn layer_of_a_plain_router_tells_its_routes_apart() {
    let router = router(IdempotencyLayer::new(Cache::new()).required());
    let ok = |text: &str| (StatusCode::OK, text.to_owned());
    for _ in 0..2 {
        assert_eq!(call(&router, keyed("POST", "/a/1")).await, ok("a 1"));
    }
    assert_eq!(call(&router, keyed("POST", "/b/1")).await, ok("b 2"), "another route");
    assert_eq!(call(&router, keyed("POST", "/a/2")).await.0, 422, "the same route");
    let page = || Request::get("/page").body(Body::empty()).unwrap();
    assert_eq!(call(&router, page()).await, ok("page 3"));
    assert_eq!(call(&router, keyed("GET", "/page")).await, ok("page 4"), "safe requests are passed on");
    assert_eq!(call(&router, Request::post("/a/1").body(Body::empty()).unwrap()).await.0, 400);
}

/// No layer decompresses the body, so the same bytes mean something else.
#[tokio::test]
async fn body_in_another_coding_is_another_request() {
    let router = router(IdempotencyLayer::new(Cache::new()));
    assert_eq!(call(&router, keyed("POST", "/a/1")).await.1, "a 1");
    let mut coded = keyed("POST", "/a/1");
    coded.headers_mut().insert("content-encoding", http::HeaderValue::from_static("gzip"));
    assert_eq!(call(&router, coded).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn ttl_of_a_layer_is_on_the_clock_of_its_cache() {
    let clock = ManualClock::new();
    let cache = Cache::builder().clock(clock.clock()).build();
    let router = router(IdempotencyLayer::new(cache).ttl(Duration::from_secs(10)));
    assert_eq!(call(&router, keyed("POST", "/a/1")).await.1, "a 1");
    clock.advance(Duration::from_secs(9));
    assert_eq!(call(&router, keyed("POST", "/a/1")).await.1, "a 1");
    clock.advance(Duration::from_secs(1));
    assert_eq!(call(&router, keyed("POST", "/a/1")).await.1, "a 2");
}

/// No policy catches its panic.
#[tokio::test]
async fn handler_that_panics_releases_the_key() {
    let runs = Runs::default();
    let handler = async move || if runs.next() == 1 { panic!("as the test wants") } else { "paid" };
    let router: Router = Router::new().route("/", post(handler)).layer(IdempotencyLayer::new(Cache::new()));
    let panicking = tokio::spawn(router.clone().oneshot(keyed("POST", "/")));
    assert!(panicking.await.unwrap_err().is_panic());
    assert_eq!(call(&router, keyed("POST", "/")).await, (StatusCode::OK, "paid".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn handler_continues_only_with_a_spawner_and_within_the_grace() {
    for (name, spawner, waits, expected) in [
        ("no spawner", None, 5, "paid 2"),
        ("a spawner", Some(Spawner::tokio()), 5, "paid 1"),
        ("longer than the grace", Some(Spawner::tokio()), 15, "paid 2"),
    ] {
        let runs = Arc::new(Runs::default());
        let cache = match spawner {
            Some(spawner) => Cache::builder().spawner(spawner).build(),
            None => Cache::new(),
        };
        let handler = async move || {
            let run = runs.next();
            tokio::time::sleep(Duration::from_secs(if run == 1 { waits } else { 0 })).await;
            format!("paid {run}")
        };
        let layer = IdempotencyLayer::new(cache).grace(Duration::from_secs(10));
        let router: Router = Router::new().route("/", post(handler)).layer(layer);
        let mut first = Box::pin(router.clone().oneshot(keyed("POST", "/")));
        assert!(is_pending(&mut first).await, "{name}");
        drop(first);
        tokio::time::sleep(Duration::from_secs(20)).await;
        idle().await;
        assert_eq!(call(&router, keyed("POST", "/")).await.1, expected, "{name}");
    }
}
