//! Invalidation of values, also of those being filled.

use std::sync::Arc;

use routekit::{prelude::*, test::TestApp};
use tokio::sync::Notify;

use super::*;
use crate::support::idle;

#[get("/news", cache(ttl = 60, tags = "news"))]
async fn news() {}

#[post("/articles", invalidates("news"))]
async fn article() {}

#[post("/lists", invalidates(pattern = "/lists/*"))]
async fn list() {}

#[tokio::test(start_paused = true)]
async fn values_and_routes_share_tags_and_patterns() {
    on_both(async |cache, clock| {
        let app = App::with_routes(routes![news, article, list]).cache(cache.clone());
        let app = TestApp::builder(app).clock(clock.clock()).build();
        let did = async || app.get("/news").send().await.header("x-cache").unwrap().to_owned();
        let set = async || cache.set("headlines", &1, &options().tags(["news", "front page"])).await.unwrap();
        set().await;
        did().await;
        cache.invalidate_tag("news").await.unwrap();
        assert_eq!((did().await, cache.exists("headlines").await.unwrap()), ("MISS".into(), false));
        set().await;
        cache.invalidate_tag("front page").await.unwrap();
        assert_eq!((did().await, cache.exists("headlines").await.unwrap()), ("HIT".into(), false));
        set().await;
        app.post("/articles").send().await;
        assert_eq!((did().await, cache.exists("headlines").await.unwrap()), ("MISS".into(), false));
        cache.set("/lists/7", &1, &options()).await.unwrap();
        app.post("/lists").send().await;
        assert!(!cache.exists("/lists/7").await.unwrap());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn patterns_match_keys_as_written() {
    let deep = "a:".repeat(40);
    let deep_star = format!("{deep}*");
    let rows = [
        ("user:*", "user:7", true),
        ("user:*", "user:", true),
        ("user:*", "user:7:orders", true),
        ("user:*", "users:7", false),
        ("user:*", "User:7", false),
        ("user:7", "user:7", true),
        ("user:7", "user:70", false),
        ("user:7:*", "user:7:orders", true),
        ("user:7:*", "user:7", false),
        ("user*", "users:7", true),
        ("*:7", "user:7", true),
        ("u*r:7", "user:7", true),
        ("*", "anything", true),
        ("*", "", true),
        ("user/7/*", "user/7/orders", true),
        ("/users/*", "/users/7", true),
        ("/users/*", "users/7", false),
        ("/users/a:*", "/users/a:b", true),
        ("/users/a:*", "/users/a/b", false),
        ("search?*", "search?q=1", true),
        ("search*", "search?q=1", true),
        ("search", "search?q=1", false),
        ("search?q=1", "search?q=1", true),
        ("api:cache:user:*", "user:7", false),
        (&deep_star, &format!("{deep}b"), true),
        (&deep_star, "a:b", false),
    ];
    for most in [250, 0] {
        for plain in [false, true] {
            let clock = ManualClock::new();
            let builder = builder(&clock.clock()).max_key_length(most);
            let builder = if plain { builder.store(Plain::new(clock.clock())) } else { builder };
            let cache = builder.build();
            for (pattern, key, expected) in rows {
                cache.set(key, &1, &options()).await.unwrap();
                assert!(cache.exists(key).await.unwrap(), "what is set after an invalidation is there: {key}");
                cache.invalidate_pattern(pattern).await.unwrap();
                let gone = !cache.exists(key).await.unwrap();
                assert_eq!(gone, expected, "{pattern} {key}, longest {most}, plain {plain}");
            }
        }
    }
}

/// A fill that waits for its gate, and its result.
async fn held(cache: Cache, options: CacheOptions, go: Arc<Notify>, value: &'static str) -> String {
    let fill = async move || {
        go.notified().await;
        Ok::<_, Failed>(value.to_owned())
    };
    cache.get_or_fill("user:7", &options, fill).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn value_invalidated_during_its_fill_is_not_stored() {
    let tagged = options().tags(["users"]);
    for what in ["key", "tag", "pattern", "ban", "all"] {
        on_both(async |cache, _| {
            let go = Arc::new(Notify::new());
            let before = tokio::spawn(held(cache.clone(), tagged.clone(), Arc::clone(&go), "old"));
            idle().await;
            let joined = tokio::spawn(held(cache.clone(), tagged.clone(), Arc::clone(&go), "old, too"));
            idle().await;
            match what {
                "key" => cache.invalidate("user:7").await.unwrap(),
                "tag" => cache.invalidate_tag("users").await.unwrap(),
                "pattern" => cache.invalidate_pattern("user:*").await.unwrap(),
                "ban" => cache.invalidate_pattern("u*:7").await.unwrap(),
                _ => cache.clear().await.unwrap(),
            }
            let after_go = Arc::new(Notify::new());
            let after = tokio::spawn(held(cache.clone(), tagged.clone(), Arc::clone(&after_go), "new"));
            idle().await;
            go.notify_one();
            assert_eq!((before.await.unwrap(), joined.await.unwrap()), ("old".into(), "old".into()), "they had asked");
            assert!(!cache.exists("user:7").await.unwrap(), "{what}: what was read before is not kept");
            after_go.notify_one();
            assert_eq!(after.await.unwrap(), "new", "{what}: a later caller gets the new value");
            assert_eq!(cache.get::<String>("user:7").await.unwrap().as_deref(), Some("new"));
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn fill_does_not_undo_a_set() {
    on_both(async |cache, _| {
        let go = Arc::new(Notify::new());
        let fill = tokio::spawn(held(cache.clone(), options(), Arc::clone(&go), "old"));
        idle().await;
        cache.set("user:7", "new", &options()).await.unwrap();
        go.notify_one();
        fill.await.unwrap();
        assert_eq!(cache.get::<String>("user:7").await.unwrap().as_deref(), Some("new"));

        // The same for callers that fill by themselves, as the error of the fill is of another type than theirs.
        cache.invalidate("user:7").await.unwrap();
        let fails = tokio::spawn({
            let (cache, go) = (cache.clone(), Arc::clone(&go));
            let fill = async move || {
                go.notified().await;
                Err::<String, _>("another error")
            };
            async move { cache.get_or_fill("user:7", &options(), fill).await }
        });
        idle().await;
        let alone_go = Arc::new(Notify::new());
        let alone = tokio::spawn(held(cache.clone(), options(), Arc::clone(&alone_go), "old"));
        idle().await;
        go.notify_one();
        assert_eq!(fails.await.unwrap(), Err("another error"));
        idle().await;
        cache.set("user:7", "new", &options()).await.unwrap();
        alone_go.notify_one();
        alone.await.unwrap();
        assert_eq!(cache.get::<String>("user:7").await.unwrap().as_deref(), Some("new"));
    })
    .await;
}
