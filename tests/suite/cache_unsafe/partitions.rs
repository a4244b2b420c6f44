//! Invalidation of a URL in all partitions that the request may concern.

use axum::{Router, extract::Request, response::Response, routing};
use http::{HeaderMap, request::Parts};
use routekit::{
    cache::{Cache, CacheLayer},
    prelude::*,
    route::Route,
    test::TestApp,
};
use tower::ServiceExt;

use super::{MINUTE, end, request, start};

fn named(request: &Parts, header: &str) -> String {
    request.headers.get(header).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

fn tenant(request: &Parts) -> String {
    named(request, "x-tenant")
}

fn region(request: &Parts) -> String {
    format!("region {}", named(request, "x-region"))
}

#[get("/unsafe/parted/tenant", cache(ttl = 600, partition = tenant))]
async fn of_tenant() {}

#[get("/unsafe/parted/region", cache(ttl = 600, partition = region))]
async fn of_region() {}

#[get("/unsafe/parted/all", cache(ttl = 600))]
async fn of_all() {}

/// Its answer names the changed URL.
#[post("/unsafe/parting")]
async fn change(headers: HeaderMap) -> Response {
    end(&headers).await
}

#[put("/unsafe/parting", invalidates("x", partition = tenant))]
async fn change_declared(headers: HeaderMap) -> Response {
    end(&headers).await
}

fn parted() -> Vec<Route> {
    routes![of_tenant, of_region, of_all, change, change_declared].into_iter().collect()
}

async fn did(app: &TestApp, text: &str) -> String {
    let answer = app.call(request(text)).await;
    answer.headers().get("x-cache").unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn url_is_invalidated_in_the_partitions_of_the_request() {
    for (name, cached, changed, expected) in [
        ("the tenant's", "tenant; x-tenant: acme", "tenant; x-tenant: acme", "MISS"),
        ("another's", "tenant; x-tenant: acme", "tenant; x-tenant: other", "HIT"),
        ("of no tenant", "tenant; x-tenant: acme", "tenant", "HIT"),
        ("the region's", "region; x-region: eu", "region; x-region: eu; x-tenant: acme", "MISS"),
        ("another region's", "region; x-region: eu", "region; x-region: us", "HIT"),
        ("of all", "all; x-tenant: acme", "all; x-tenant: other", "MISS"),
    ] {
        for method in ["POST", "PUT"] {
            let app = start(App::with_routes(parted()));
            let cached = format!("GET /unsafe/parted/{cached}");
            assert_eq!([did(&app, &cached).await, did(&app, &cached).await], ["MISS", "HIT"], "{name}");
            app.call(request(&format!("{method} /unsafe/parting; x-answer-location: /unsafe/parted/{changed}"))).await;
            assert_eq!(did(&app, &cached).await, expected, "{name}, {method}");
        }
    }
}

#[tokio::test]
async fn layer_invalidates_in_the_partition_of_the_request() {
    let cache = Cache::builder().ttl_jitter(0.0).build();
    let layer = CacheLayer::new(cache).ttl(MINUTE).partition(tenant);
    let router: Router = Router::new().route("/a", routing::get(async || "").post(async || "").layer(layer));
    let did = async |text: &str| {
        let answer = router.clone().oneshot(request(text)).await.unwrap();
        answer.headers()["x-cache"].to_str().unwrap().to_owned()
    };
    let cached = "GET /a; x-tenant: acme";
    assert_eq!([did(cached).await, did(cached).await], ["MISS", "HIT"]);
    did("POST /a; x-tenant: other").await;
    assert_eq!(did(cached).await, "HIT");
    did("POST /a; x-tenant: acme").await;
    assert_eq!(did(cached).await, "MISS");
}

/// The body is still there.
#[tokio::test]
async fn request_reaches_the_handler_with_its_body() {
    #[post("/unsafe/parted/echo")]
    async fn echo(body: String) -> String {
        body
    }

    let app = start(App::with_routes(routes![of_tenant, echo]));
    let request = Request::post("/unsafe/parted/echo").header("content-type", "text/plain").body("x y".into()).unwrap();
    let answer = app.call(request).await;
    assert_eq!(axum::body::to_bytes(answer.into_body(), 100).await.unwrap(), "x y");
}
