//! The state of the store in the statistics, also while the store fails.

use std::sync::atomic::Ordering;

use routekit::{
    Clock, ManualClock,
    cache::{BufferedResponse, Cache, CacheStore, Embedded, Key, Stamp, StoredResponse},
};
use serde_json::{Value, json};

use super::{Elsewhere, TOKEN, start, usual};

#[tokio::test]
async fn unavailable_store_is_reported_in_the_statistics() {
    let clock = ManualClock::new();
    let (store, away) = Elsewhere::new(&clock);
    let app = start(Cache::builder().store(store).clock(clock.clock()));
    usual(&app).await;
    let stats = async || app.admin().get("/cache/stats").send().await.json::<Value>();
    let up = stats().await;
    assert_eq!(up["provider"], json!({ "status": "healthy", "latencyMs": 3.0 }));
    assert!(up["entries"].as_u64().unwrap() >= 2 && up["bytes"].as_u64().unwrap() > 1000, "{up}");
    away.store(true, Ordering::Relaxed);
    let down = stats().await;
    assert_eq!(down["provider"], json!({ "status": "unhealthy", "latencyMs": 3.0 }));
    assert_eq!([&down["entries"], &down["bytes"], &down["evictions"]], [&Value::Null; 3]);
    assert_eq!((&down["hits"], &down["misses"]), (&json!(2), &json!(3)), "the rest is known all the same");
    assert_eq!(app.get("/stats/items/1").send().await.header("x-cache"), Some("BYPASS"));
    assert_eq!(stats().await["bypasses"], 3);
    away.store(false, Ordering::Relaxed);
    assert_eq!(stats().await["provider"]["status"], "healthy");
}

#[tokio::test(start_paused = true)]
async fn purge_with_an_unavailable_store_is_an_error() {
    let clock = ManualClock::new();
    let (store, away) = Elsewhere::new(&clock);
    let app = start(Cache::builder().store(store).clock(clock.clock()));
    away.store(true, Ordering::Relaxed);
    for path in ["/cache/tag/items", "/cache//stats/*", "/cache", "/cache?partition=acme"] {
        let delete = app.admin().delete(path).header("authorization", &format!("Bearer {TOKEN}"));
        let answer = delete.send().await;
        assert_eq!(answer.status(), 503, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert!(!answer.text().contains("it is away"), "{path}: why is in the log");
    }
}

#[tokio::test]
async fn evictions_are_counted() {
    let store = Embedded::new(64 << 10);
    let now = Clock::system().now();
    for n in 0..200 {
        let answer = BufferedResponse::new(http::StatusCode::OK, &http::HeaderMap::new(), &[0; 1024]);
        let minute = std::time::Duration::from_secs(60);
        let entry = StoredResponse::new(Key::new(n.to_string()), answer, Stamp::new(1), now, minute);
        store.put(entry.into()).await.unwrap();
    }
    let app = start(Cache::builder().store(store));
    let stats: Value = app.admin().get("/cache/stats").send().await.json();
    let evictions = stats["evictions"].as_u64().unwrap();
    assert!(evictions > 100, "{stats}");
    assert!(app.metrics().contains(&format!("routekit_cache_evictions_total {evictions}\n")), "{}", app.metrics());
}
