//! Attempts to misuse the cache, each found once and fixed.

use std::{
    convert::Infallible,
    future::{pending, ready},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing,
};
use futures_util::FutureExt;
use http::{HeaderMap, StatusCode};
use routekit::{
    Spawner,
    cache::{Cache, CacheLayer, CacheStore, Embedded, Entry, Key, Lookup, Stamp, StoreFuture, StoreSize, Target},
    prelude::*,
    test::TestApp,
};
use tokio::{task::JoinSet, time::sleep};
use tower::{Layer, Service, service_fn};

use super::{MINUTE, ask, exact, get_of};

/// Regression: a client with unverified credentials was served a response that another client's credentials produced.
#[tokio::test]
async fn unverified_credentials_share_no_response() {
    let layer = CacheLayer::new(exact().build()).ttl(MINUTE).per_user();
    let whose = async |headers: HeaderMap| headers["authorization"].to_str().unwrap().to_owned();
    let router: Router = Router::new().route("/me", routing::get(whose).layer(layer));
    for who in ["Bearer ann", "Bearer bob"] {
        let request = Request::get("/me").header("authorization", who).body(Body::empty()).unwrap();
        let answer = ask(&router, request).await;
        assert_eq!((answer.x_cache(), answer.body.as_str()), ("BYPASS", who));
    }
}

#[get("/hostile/things/{id}", cache(ttl = 60))]
async fn thing(id: u32) -> String {
    id.to_string()
}

#[put("/hostile/things/{id}", invalidates(pattern = "/hostile/things/{id}"))]
async fn change_thing(id: u32) -> String {
    id.to_string()
}

#[post("/hostile/things", invalidates(pattern = "/hostile/things/*"))]
async fn change_things() {}

/// Patterns are written as paths are: without the prefix of the app or of a router around it.
#[tokio::test]
async fn patterns_work_in_a_nested_app_with_a_prefix() {
    let routes = || App::with_routes(routes![thing, change_thing, change_things]).cache(exact());
    let config = routekit::config::Config::default;
    let apps = [
        ("as it is", "", routes().config(config()).into_router().unwrap()),
        ("with a prefix", "/api", routes().prefix("/api").config(config()).into_router().unwrap()),
        ("nested", "/shop", Router::new().nest("/shop", routes().config(config()).into_router().unwrap())),
        (
            "nested with a prefix",
            "/shop/api",
            Router::new().nest("/shop", routes().prefix("/api").config(config()).into_router().unwrap()),
        ),
    ];
    for (name, before, app) in apps {
        let path = format!("{before}/hostile/things/7");
        let change = |method: &str, path: &str| {
            Request::builder().method(method).uri(format!("{before}{path}")).body(Body::empty()).unwrap()
        };
        for change in [change("PUT", "/hostile/things/7"), change("POST", "/hostile/things")] {
            ask(&app, get_of(&path)).await;
            assert_eq!(ask(&app, get_of(&path)).await.x_cache(), "HIT", "{name}");
            ask(&app, change).await;
            assert_eq!(ask(&app, get_of(&path)).await.x_cache(), "MISS", "{name}");
        }
    }
}

/// A stored problem counts with what it holds beside its document.
#[tokio::test]
async fn size_of_stored_problems_is_counted() {
    let cache = exact().build();
    let gone = async || ([("cache-control", "max-age=60")], Problem::not_found("x".repeat(1000)));
    let router: Router = Router::new().route("/gone", routing::get(gone).layer(CacheLayer::new(cache.clone())));
    ask(&router, get_of("/gone")).await;
    let size = cache.size().await.unwrap();
    assert!(size.entries == 1 && size.bytes > 5000, "{size:?}");
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);

struct Running;

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

#[put("/hostile/slow", invalidates("slow"))]
async fn slow() {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    let _running = Running;
    pending::<()>().await;
}

/// Clients that connect and leave repeatedly keep only a limited number of handlers running.
#[tokio::test(start_paused = true)]
async fn handlers_without_a_client_are_limited() {
    let app = TestApp::new(App::with_routes(routes![slow]));
    let clients: JoinSet<_> = (0..5000)
        .map(|_| {
            let app = app.clone();
            async move { app.put("/hostile/slow").send().await }
        })
        .collect();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(RUNNING.load(Ordering::SeqCst), 5000);
    drop(clients);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(RUNNING.load(Ordering::SeqCst), 1024);
    sleep(MINUTE).await;
    assert_eq!(RUNNING.load(Ordering::SeqCst), 0);
}

/// A store whose calls hang once it is told so.
struct Hangs {
    inner: Embedded,
    lookups: AtomicUsize,
}

impl CacheStore for Hangs {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        match self.lookups.fetch_sub(1, Ordering::SeqCst) {
            1.. => self.inner.lookup(key),
            0 => {
                self.lookups.store(0, Ordering::SeqCst);
                Box::pin(pending())
            }
        }
    }

    fn put(&self, _: Entry) -> StoreFuture<'_, ()> {
        Box::pin(pending())
    }

    fn is_valid<'a>(&'a self, _: &'a Entry) -> StoreFuture<'a, bool> {
        Box::pin(pending())
    }

    fn invalidate<'a>(&'a self, _: &'a [Target]) -> StoreFuture<'a, Stamp> {
        Box::pin(pending())
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        Box::pin(pending())
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        Box::pin(ready(Ok(StoreSize::default())))
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        Box::pin(pending())
    }
}

#[put("/hostile/change", invalidates("things"))]
async fn change() {}

/// A store that hangs delays a request only briefly, in whichever call it hangs.
#[tokio::test(start_paused = true)]
async fn hanging_store_delays_requests_only_briefly() {
    for lookups in [0, 1, 2] {
        let store = Hangs { inner: Embedded::new(1 << 20), lookups: AtomicUsize::new(lookups) };
        let app = TestApp::new(App::with_routes(routes![thing, change]).cache(Cache::builder().store(store)));
        let start = tokio::time::Instant::now();
        let clients: JoinSet<_> = (0..100)
            .map(|_| {
                let app = app.clone();
                async move { app.get("/hostile/things/7").send().await }
            })
            .collect();
        let answers = clients.join_all().await;
        assert!(answers.iter().all(|answer| answer.status() == 200 && answer.text() == "7"), "{lookups} lookups");
        assert!(start.elapsed() < Duration::from_secs(2), "{lookups} lookups took {:?}", start.elapsed());
        let start = tokio::time::Instant::now();
        assert_eq!(app.put("/hostile/change").send().await.status(), 200);
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }
}

#[get("/hostile/late", cache(ttl = 60), timeout = "5ms")]
async fn late() {
    pending::<()>().await;
}

/// The cache's deadline equals the timeout, and a request is counted as timed out whichever fires first.
#[tokio::test]
async fn timeout_of_a_cached_route_is_counted() {
    let app = TestApp::new(App::with_routes(routes![late]));
    for _ in 0..50 {
        assert_eq!(app.get("/hostile/late").send().await.status(), 504);
    }
    let metrics = app.metrics();
    let line =
        r#"routekit_policy_answers_total{http_request_method="GET",http_route="/hostile/late",policy="timeout"} 50"#;
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
}

#[tokio::test]
async fn lifetime_of_duration_max_does_not_overflow() {
    let layer = CacheLayer::new(exact().build()).ttl(Duration::MAX).deadline(Duration::MAX).max_body(u64::MAX);
    let router: Router = Router::new().route("/x", routing::get(async || "x").layer(layer));
    let asked = [ask(&router, get_of("/x")).await, ask(&router, get_of("/x")).await];
    assert_eq!(asked.map(|answer| answer.x_cache().to_owned()), ["MISS", "HIT"]);
}

/// A timer is only created for a handler that is not ready at once.
#[test]
fn ready_answer_needs_no_runtime() {
    let ready = service_fn(|_: Request| ready(Ok::<_, Infallible>("x".into_response())));
    let mut cached = CacheLayer::new(exact().spawner(Spawner::tokio()).build()).ttl(MINUTE).layer(ready);
    for expected in ["MISS", "HIT"] {
        let response: Response = cached.call(get_of("/x")).now_or_never().unwrap().unwrap();
        assert_eq!(response.headers()["x-cache"], expected);
    }
}

#[get("/hostile/fails", cache(ttl = 60))]
async fn fails() -> (StatusCode, &'static str) {
    sleep(Duration::from_millis(10)).await;
    (StatusCode::BAD_GATEWAY, "ten bytes!")
}

#[tokio::test(start_paused = true)]
async fn head_that_joins_a_failing_get_has_no_content() {
    let app = TestApp::new(App::with_routes(routes![fails]));
    let (get, head) =
        tokio::join!(app.get("/hostile/fails").send(), app.request(http::Method::HEAD, "/hostile/fails").send());
    assert_eq!((get.text(), head.text()), ("ten bytes!", ""));
    assert_eq!((get.header("content-length"), head.header("content-length")), (Some("10"), Some("10")));
}

/// A handler with validators of its own receives the conditions once its responses are known to be uncacheable.
#[tokio::test]
async fn conditions_reach_a_handler_whose_responses_are_uncacheable() {
    let layer = CacheLayer::new(exact().build()).ttl(MINUTE);
    let handler = async |headers: HeaderMap| match headers.get("if-none-match") {
        Some(_) => StatusCode::NOT_MODIFIED.into_response(),
        None => ([("etag", "\"a\""), ("cache-control", "private")], "content").into_response(),
    };
    let router: Router = Router::new().route("/x", routing::get(handler).layer(layer));
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let request = Request::get("/x").header("if-none-match", "\"a\"").body(Body::empty()).unwrap();
        statuses.push(ask(&router, request).await.status);
    }
    assert_eq!(statuses, [304, 304], "by the cache, since what it asked had no conditions; then by the handler");
}
