//! What `Location` and `Content-Location` invalidate: a client may decide what a handler names there.

use axum::body::Body;
use http::Request;
use routekit::{
    ManualClock,
    cache::{Cache, Embedded},
    prelude::*,
    test::TestApp,
};

use super::{item, post_item, put_item, request};

/// `X-Cache` of the page at this host.
async fn did_at(app: &TestApp, host: &str, path: &str) -> String {
    let request = Request::get(path).header("host", host).body(Body::empty()).unwrap();
    app.call(request).await.headers()["x-cache"].to_str().unwrap().to_owned()
}

fn start(store: Embedded) -> TestApp {
    let clock = ManualClock::new();
    let cache = Cache::builder().ttl_jitter(0.0).store(store.clock(clock.clock()));
    let app = App::with_routes(routes![item, post_item, put_item]).cache(cache);
    TestApp::builder(app).clock(clock.clock()).build()
}

#[tokio::test]
async fn reference_reaches_the_host_of_its_request_alone() {
    let app = start(Embedded::default());
    for host in ["api.example.com", "API.example.com:8080", "other.example.com"] {
        assert_eq!(did_at(&app, host, "/unsafe/items/7").await, "MISS", "{host}");
    }
    for changed in [
        "POST /unsafe/items/8; x-answer-location: /unsafe/items/7",
        "PUT /unsafe/items/8; x-answer-content-location: /unsafe/items/%37",
    ] {
        app.call(request(changed)).await;
        for (host, expected) in
            [("api.example.com", "MISS"), ("API.example.com:8080", "MISS"), ("other.example.com", "HIT")]
        {
            assert_eq!(did_at(&app, host, "/unsafe/items/7").await, expected, "{changed}: {host}");
        }
    }
    app.call(request("POST /unsafe/items/7")).await;
    assert_eq!(did_at(&app, "other.example.com", "/unsafe/items/7").await, "MISS", "its own URL, at every host");
}

/// Regression: each distinct reference took a place in the table of tags, and a full table invalidates everything.
#[tokio::test]
async fn references_that_no_cached_route_matches_flush_nothing() {
    let app = start(Embedded::with_tags(1 << 20, 256));
    assert_eq!(did_at(&app, "a", "/unsafe/items/7").await, "MISS");
    for n in 0..2000 {
        app.call(request(&format!("POST /unsafe/items/8; x-answer-location: /elsewhere/{n}"))).await;
    }
    assert_eq!(did_at(&app, "a", "/unsafe/items/7").await, "HIT");
}
