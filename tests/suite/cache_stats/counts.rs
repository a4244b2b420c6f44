//! Counters and where they appear.

use std::{convert::Infallible, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use futures_util::future::join_all;
use routekit::{
    ManualClock, Spawner,
    cache::{Cache, CacheLayer, CacheOptions, CacheStats, InvalidateLayer, ProviderStatus},
    prelude::*,
    test::TestApp,
};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use super::{start, usual};

async fn stats(app: &TestApp) -> Value {
    app.admin().get("/cache/stats").send().await.json()
}

#[tokio::test]
async fn every_response_is_counted_once() {
    let app = start(Cache::builder());
    usual(&app).await;
    let all = stats(&app).await;
    let expected = json!({
        "hits": 2, "misses": 3, "stale": 0, "bypasses": 2, "sets": 3, "refreshes": 0, "invalidations": 1,
        "hitRate": 0.4, "evictions": 0, "flushes": 0,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(all[name], *value, "{name}");
    }
    let of = |method: &str, path: &str| {
        let routes = all["routes"].as_array().unwrap().iter();
        routes.clone().find(|route| route["method"] == method && route["path"] == path).unwrap().clone()
    };
    let expected = json!({
        "method": "GET", "path": "/stats/items/{id}",
        "hits": 2, "misses": 3, "stale": 0, "bypasses": 2, "sets": 3, "refreshes": 0, "invalidations": 0,
        "hitRate": 0.4,
    });
    assert_eq!(of("GET", "/stats/items/{id}"), expected);
    let expected = json!({
        "method": "PUT", "path": "/stats/items/{id}",
        "hits": 0, "misses": 0, "stale": 0, "bypasses": 0, "sets": 0, "refreshes": 0, "invalidations": 1,
        "hitRate": 0.0,
    });
    assert_eq!(of("PUT", "/stats/items/{id}"), expected);
    assert_eq!(of("GET", "/stats/pages/{name}")["misses"], 0, "it has not been requested yet");
    assert_eq!(all["routes"].as_array().unwrap().len(), 4, "a POST is one, which drops its URL");
}

#[tokio::test]
async fn refused_invalidation_is_not_counted() {
    let app = start(Cache::builder());
    assert_eq!(app.put("/stats/items/0").send().await.status(), 409);
    assert_eq!(stats(&app).await["invalidations"], 0);
}

#[tokio::test]
async fn program_invalidations_are_counted_as_the_program_s() {
    let app = start(Cache::builder());
    assert_eq!(app.post("/stats/flush").send().await.status(), 200);
    assert_eq!(app.put("/stats/items/1").send().await.status(), 204);
    let all = stats(&app).await;
    assert_eq!(
        (&all["invalidations"], &all["program"]["invalidations"]),
        (&json!(2), &json!(1)),
        "calls, not tags; one route has dropped its URL, and nothing is stored for the other's"
    );
}

#[tokio::test]
async fn values_are_counted_as_the_program_s() {
    let clock = ManualClock::new();
    let cache = Cache::builder().clock(clock.clock()).ttl_jitter(0.0).spawner(Spawner::tokio()).build();
    let options = CacheOptions::new().ttl(Duration::from_secs(10)).stale_while_revalidate(Duration::from_secs(10));
    let fill = || cache.get_or_fill("a", &options, async || Ok::<_, Infallible>(1));
    assert_eq!(cache.get::<u32>("a").await.unwrap(), None);
    for after in [0, 0, 15] {
        clock.advance(Duration::from_secs(after));
        fill().await.unwrap();
    }
    while cache.stats().await.program.sets() < 2 {
        tokio::task::yield_now().await;
    }
    cache.set("b", &1, &options).await.unwrap();
    assert_eq!(cache.get::<u32>("b").await.unwrap(), Some(1));
    cache.invalidate("b").await.unwrap();
    let counts = cache.stats().await.program;
    assert_eq!((counts.hits(), counts.misses(), counts.stale(), counts.bypasses()), (2, 2, 1, 0));
    assert_eq!((counts.sets(), counts.refreshes(), counts.invalidations()), (3, 1, 1));
}

#[tokio::test]
async fn failures_count_as_misses_and_are_not_stored() {
    let app = start(Cache::builder());
    for _ in 0..2 {
        assert_eq!(app.get("/stats/items/8").send().await.header("x-cache"), Some("MISS"));
    }
    let all = stats(&app).await;
    assert_eq!((&all["misses"], &all["sets"], &all["hitRate"]), (&json!(2), &json!(0), &json!(0.0)));
}

#[tokio::test]
async fn stats_document_has_the_documented_fields() {
    let app = start(Cache::builder());
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all = stats(&app).await;
    let expected = [
        "bypasses",
        "bytes",
        "entries",
        "evictions",
        "flushes",
        "generatedAt",
        "hitRate",
        "hits",
        "invalidations",
        "layers",
        "misses",
        "program",
        "provider",
        "refreshes",
        "routes",
        "sets",
        "stale",
    ];
    assert_eq!(names(&all), expected);
    assert_eq!(all["provider"], json!({ "status": "healthy", "latencyMs": 0.0 }));
    assert_eq!(all["generatedAt"], "2030-01-01T00:00:00.000Z", "a manual clock begins there");
    let counts = ["bypasses", "hitRate", "hits", "invalidations", "misses", "refreshes", "sets", "stale"];
    assert_eq!(names(&all["layers"]), counts);
    assert_eq!(names(&all["program"]), counts);
    let mut of_route: Vec<_> = counts.into_iter().chain(["method", "path"]).collect();
    of_route.sort_unstable();
    assert_eq!(names(&all["routes"][0]), of_route);
}

#[get("/stats/waits/{id}", cache(ttl = 60))]
async fn waits(id: u32) -> String {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    id.to_string()
}

#[tokio::test]
async fn waiters_of_a_fill_count_as_misses() {
    let app = TestApp::new(App::with_routes(routes![waits]));
    join_all((0..10).map(|_| app.get("/stats/waits/1").send())).await;
    let all = stats(&app).await;
    assert_eq!((&all["misses"], &all["sets"], &all["hits"]), (&json!(10), &json!(1), &json!(0)));
}

#[tokio::test]
async fn layers_of_one_cache_share_counters() {
    let cache = Cache::new();
    let answer = || service_fn(async |_: Request| Ok::<_, Infallible>(Response::new(Body::from("1"))));
    let ttl = Duration::from_secs(60);
    let layer = || CacheLayer::new(cache.clone()).ttl(ttl).tags(["ones"]);
    let (one, two) = (layer().layer(answer()), layer().layer(answer()));
    let writer = InvalidateLayer::new(cache.clone()).tags(["ones"]).layer(answer());
    let get = || Request::get("/one").body(Body::empty()).unwrap();
    for request in [one.clone().oneshot(get()), one.oneshot(get()), two.oneshot(get())] {
        request.await.unwrap();
    }
    writer.oneshot(get()).await.unwrap();
    cache.invalidate_pattern("/*").await.unwrap();
    cache.clear().await.unwrap();
    let CacheStats { total, layers, program, routes, provider, .. } = cache.stats().await;
    assert_eq!((total.hits(), total.misses(), total.invalidations()), (2, 1, 3));
    assert_eq!((layers.hits(), layers.sets(), layers.invalidations()), (2, 1, 1));
    assert_eq!((program.invalidations(), routes.len(), provider.status), (2, 0, ProviderStatus::Healthy));
}
