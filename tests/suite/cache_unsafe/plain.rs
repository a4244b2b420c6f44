//! Layers on plain routers.

use std::{convert::Infallible, panic::AssertUnwindSafe};

use axum::{Router, extract::Request, response::Response, routing};
use futures_util::FutureExt;
use routekit::cache::{Cache, CacheLayer, InvalidateLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{MINUTE, end, request};
use crate::support::{idle, is_pending};

async fn ask<S>(service: &S, text: &str) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    service.clone().oneshot(request(text)).await.unwrap()
}

async fn did<S>(service: &S, path: &str) -> String
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    ask(service, &format!("GET {path}")).await.headers()["x-cache"].to_str().unwrap().to_owned()
}

fn service() -> impl Service<Request, Response = Response, Error = Infallible> + Clone {
    let handler = service_fn(async |request: Request| Ok::<_, Infallible>(end(request.headers()).await));
    CacheLayer::new(Cache::builder().ttl_jitter(0.0).build()).ttl(MINUTE).layer(handler)
}

#[tokio::test]
async fn unsafe_methods_invalidate_through_a_layer() {
    for (name, asked, expected) in [
        ("POST", "POST /a", "MISS"),
        ("DELETE", "DELETE /a", "MISS"),
        ("an unknown method", "PURGE /a", "MISS"),
        ("one of WebDAV", "MKCOL /a", "MISS"),
        ("in other letters", "get /a", "MISS"),
        ("CONNECT", "CONNECT /a", "MISS"),
        ("TRACE", "TRACE /a", "HIT"),
        ("OPTIONS", "OPTIONS /a", "HIT"),
        ("HEAD", "HEAD /a", "HIT"),
        ("HEAD that passes by", "HEAD /a; range: bytes=0-1", "HIT"),
        ("GET that passes by", "GET /a; authorization: x", "HIT"),
        ("an unknown one of another URL", "PURGE /b", "HIT"),
        ("an unknown one that is refused", "PURGE /a; x-end: 405", "HIT"),
        ("an unknown one that fails", "PURGE /a; x-end: 500", "MISS"),
        ("Location", "PURGE /b; x-answer-location: http://api.example.com:80/a#x", "MISS"),
        ("Location of another host", "PURGE /b; x-answer-location: http://api.example.com:81/a", "HIT"),
    ] {
        let service = service();
        assert_eq!([did(&service, "/a").await, did(&service, "/a").await], ["MISS", "HIT"], "{name}");
        ask(&service, asked).await;
        assert_eq!([did(&service, "/a").await, did(&service, "/a").await], [expected, "HIT"], "{name}");
    }
}

/// The panic reaches the caller.
#[tokio::test]
async fn panic_through_a_layer_invalidates_and_unwinds() {
    let service = service();
    did(&service, "/a").await;
    let panicked = AssertUnwindSafe(ask(&service, "POST /a; x-end: panic")).catch_unwind().await;
    assert!(panicked.is_err());
    assert_eq!(did(&service, "/a").await, "MISS");
}

/// With a store whose calls yield.
#[tokio::test]
async fn store_has_invalidated_before_the_answer_leaves() {
    let store = crate::stores::Plain::new(routekit::ManualClock::new().clock());
    let cache = Cache::builder().store(store).ttl_jitter(0.0).build();
    let handler = service_fn(async |request: Request| Ok::<_, Infallible>(end(request.headers()).await));
    let service = CacheLayer::new(cache).ttl(MINUTE).layer(handler);
    assert_eq!([did(&service, "/a").await, did(&service, "/a").await], ["MISS", "HIT"]);
    let answer = ask(&service, "POST /b; x-end: 303; x-answer-location: /a").await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-cache"]), (303, &"BYPASS".parse().unwrap()));
    assert_eq!(did(&service, "/a").await, "MISS");
}

#[tokio::test]
async fn layer_in_a_nested_router_invalidates_the_full_url() {
    let cache = Cache::builder().ttl_jitter(0.0).build();
    let (cached, changing) = (CacheLayer::new(cache.clone()).ttl(MINUTE), InvalidateLayer::new(cache));
    let inner = Router::new()
        .route("/a", routing::get(async || "").layer(cached.clone()))
        .route("/a", routing::post(async || "").layer(changing))
        .route("/b", routing::get(async || "").post(async || [("location", "a")]).layer(cached))
        .route("/c", routing::post(async || [("location", "a")]));
    let router: Router = Router::new().nest("/x", inner.clone()).nest("/y", inner);
    for (name, asked, expected) in [
        ("a layer that only invalidates", "POST /x/a", ["MISS", "HIT"]),
        ("the same elsewhere", "POST /y/a", ["HIT", "MISS"]),
        ("a layer that caches", "POST /x/b", ["MISS", "HIT"]),
        ("no layer", "POST /x/c", ["HIT", "HIT"]),
    ] {
        for path in ["/x/a", "/y/a"] {
            did(&router, path).await;
        }
        ask(&router, asked).await;
        assert_eq!([did(&router, "/x/a").await, did(&router, "/y/a").await], expected, "{name}");
    }
}

#[tokio::test]
async fn location_across_nested_routers_is_invalidated() {
    let cache = Cache::builder().ttl_jitter(0.0).build();
    let cached = CacheLayer::new(cache.clone()).ttl(MINUTE);
    let naming = |named: &'static str| routing::post(async move || [("location", named)]);
    let page = || Router::new().route("/a", routing::get(async || "").layer(cached.clone()));
    let router: Router = Router::new()
        .nest("/x", page().route("/b", naming("/y/a").layer(InvalidateLayer::new(cache.clone()))))
        .nest("/y", page())
        .nest("/z", Router::new().route("/", naming("/y/a").layer(InvalidateLayer::new(cache))));
    for asked in ["POST /x/b", "POST /z"] {
        assert_eq!([did(&router, "/y/a").await, did(&router, "/y/a").await], ["MISS", "HIT"], "{asked}");
        ask(&router, asked).await;
        assert_eq!(did(&router, "/y/a").await, "MISS", "{asked}");
        ask(&router, asked).await;
    }
}

#[tokio::test]
async fn pattern_at_the_root_of_a_nested_router_has_its_prefix() {
    let cache = Cache::builder().ttl_jitter(0.0).build();
    let cached = CacheLayer::new(cache.clone()).ttl(MINUTE);
    let changing = InvalidateLayer::new(cache).patterns(["/users/*"]);
    let inner = Router::new()
        .route("/", routing::post(async || "").layer(changing))
        .route("/users/7", routing::get(async || "").layer(cached));
    let router: Router = Router::new().nest("/api", inner);
    assert_eq!([did(&router, "/api/users/7").await, did(&router, "/api/users/7").await], ["MISS", "HIT"]);
    ask(&router, "POST /api").await;
    assert_eq!(did(&router, "/api/users/7").await, "MISS");
}

/// The store answers later, and the client leaves before.
#[tokio::test(start_paused = true)]
async fn references_are_invalidated_when_the_client_leaves_a_slow_store() {
    let store = crate::stores::Plain::new(routekit::ManualClock::new().clock());
    let cache = Cache::builder().store(store).spawner(routekit::Spawner::tokio()).ttl_jitter(0.0).build();
    let cached = CacheLayer::new(cache.clone()).ttl(MINUTE);
    let changing = InvalidateLayer::new(cache).tags(["x"]);
    let router: Router = Router::new()
        .route("/a", routing::get(async || "").layer(cached))
        .route("/b", routing::post(async || [("location", "/a")]).layer(changing));
    assert_eq!([did(&router, "/a").await, did(&router, "/a").await], ["MISS", "HIT"]);
    let mut left = Box::pin(router.clone().oneshot(request("POST /b")));
    assert!(is_pending(&mut left).await);
    drop(left);
    idle().await;
    assert_eq!(did(&router, "/a").await, "MISS");
}
