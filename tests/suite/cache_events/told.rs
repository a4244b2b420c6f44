//! The events that listeners receive.

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, routing};
use routekit::{
    cache::{Cache, CacheLayer, InvalidateLayer, Invalidation},
    prelude::*,
};
use tower::ServiceExt;

use super::{Told, change, change_more, change_wanted, event, exact, idle, refuse, start};

#[tokio::test(start_paused = true)]
async fn routes_emit_an_event_for_each_invalidation() {
    let told = Told::default();
    let captured = told.clone();
    let routes = routes![event, change, change_more, change_wanted, refuse];
    let app = start(
        App::with_routes(routes)
            .prefix("/api")
            .verifier(crate::auth::Header)
            .on_invalidate(async move |event| captured.add(&event)),
    );
    app.get("/api/events/7").send().await;
    assert!(told.take().await.is_empty(), "nothing is invalid");
    app.delete("/api/events/7").send().await;
    assert!(told.take().await.is_empty(), "refused");
    app.post("/api/events/7").send().await;
    assert_eq!(told.take().await, [r#"paths ["/api/events/7"]"#]);
    app.patch("/api/events/7").send().await;
    assert_eq!(told.take().await, [r#"paths ["/api/events/7"], routes ["/api/events/{id}"]"#]);
    let ann = Identity::new("ann");
    app.put("/api/events/7").identity(&ann).header("x-tenant", "acme").send().await;
    assert_eq!(
        told.take().await,
        [
            r#"paths ["/api/events/7"]"#,
            concat!(
                r#"tags ["event:7", "a b"], patterns ["/api/events/7/*"], paths ["/api/events/7"], "#,
                r#"what 1 user(s) are given, in the partition "acme""#
            ),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn program_invalidations_emit_events() {
    let told = Told::default();
    let captured = told.clone();
    let cache =
        exact().spawner(routekit::Spawner::tokio()).on_invalidate(async move |event| captured.add(&event)).build();
    let acme = cache.partition("acme");
    acme.invalidate_tag("a").await.unwrap();
    assert_eq!(told.take().await, [r#"tags ["a"], in the partition "acme""#]);
    cache.invalidate_tags(["a", "b"]).await.unwrap();
    assert_eq!(told.take().await, [r#"tags ["a", "b"]"#]);
    cache.invalidate_pattern("/a/*").await.unwrap();
    assert_eq!(told.take().await, [r#"patterns ["/a/*"]"#]);
    cache.invalidate_pattern("/a/{id}").await.unwrap();
    assert_eq!(told.take().await, [r#"routes ["/a/{id}"]"#]);
    cache.invalidate_user(&Identity::new("ann")).await.unwrap();
    assert_eq!(told.take().await, ["what 1 user(s) are given"]);
    acme.clear().await.unwrap();
    assert_eq!(told.take().await, ["everything"]);
    cache.invalidate_tags(Vec::<String>::new()).await.unwrap();
    assert!(told.take().await.is_empty(), "nothing");
}

#[tokio::test(start_paused = true)]
async fn event_has_targets_and_origin() {
    let events = Arc::new(std::sync::Mutex::new(Vec::<Invalidation>::new()));
    let captured = Arc::clone(&events);
    let cache = exact().on_invalidate(async move |event| captured.lock().unwrap().push(event)).build();
    cache.partition("acme").invalidate_tags(["a", "b c", "d|e"]).await.unwrap();
    cache.invalidate_user(&Identity::new("ann").with_issuer("https://example.com")).await.unwrap();
    cache.clear().await.unwrap();
    let events = events.lock().unwrap();
    let [tags, user, everything] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&*tags.partition, &tags.tags[..]), ("acme", &["a", "b c", "d|e"].map(str::to_owned)[..]));
    assert_eq!(tags.edge_tags(), ["acme|a", "acme|b%20c", "acme|d%7Ce"]);
    let user_is = (&*user.users[0].sub, user.users[0].issuer.as_deref());
    assert_eq!((user_is, user.edge_tags()), (("ann", Some("https://example.com")), vec![]));
    assert!(everything.everything && everything.tags.is_empty() && !tags.everything);
}

#[tokio::test(start_paused = true)]
async fn layers_and_handlers_of_a_shared_cache_emit_events() {
    #[post("/events/webhook")]
    async fn webhook(cache: Dep<Cache>) -> Result<()> {
        cache.invalidate_tag("prices").await.map_err(Problem::internal)
    }

    let (told, too) = (Told::default(), Told::default());
    let captured = [told.clone(), too.clone()];
    let cache = exact().spawner(routekit::Spawner::tokio()).build();
    let [one, two] = captured;
    let layer = CacheLayer::new(cache.clone()).ttl(std::time::Duration::from_secs(60));
    let changing = InvalidateLayer::new(cache.clone()).tags(["x"]);
    let beside = Router::new()
        .route("/beside", routing::get(async || "").post(async || "").layer(layer))
        .route("/changing", routing::post(async || "").layer(changing));
    let app = App::with_routes(routes![event, change_wanted, webhook]).cache(cache.clone()).merge(beside);
    // A function that captures nothing, one that captures something, and one that moves a clone into its future.
    let app = app.on_invalidate(async |_event| {}).on_invalidate(async move |event| one.add(&event));
    let app = start(app.on_invalidate(move |event: Invalidation| {
        let two = two.clone();
        async move { two.add(&event) }
    }));
    for path in ["/events/webhook", "/beside", "/changing"] {
        app.post(path).send().await;
        idle().await;
    }
    cache.invalidate_tag("by hand").await.unwrap();
    let expected = [
        // Both wait at the same time.
        r#"tags ["prices"], paths ["/events/webhook"]"#,
        r#"paths ["/beside"]"#,
        r#"tags ["x"], paths ["/changing"]"#,
        r#"tags ["by hand"]"#,
    ];
    assert_eq!(told.take().await, expected);
    assert_eq!(too.take().await, expected);
}

#[tokio::test(start_paused = true)]
async fn without_a_spawner_the_caller_waits_for_listeners() {
    let told = Told::default();
    let captured = told.clone();
    let cache = exact().on_invalidate(async move |event| {
        tokio::task::yield_now().await;
        captured.add(&event);
    });
    let cache = cache.build();
    let handler = routing::post(async || "").layer(InvalidateLayer::new(cache.clone()));
    let router: Router = Router::new().route("/a", handler);
    router.oneshot(Request::post("/a").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(*told.0.lock().unwrap(), [r#"paths ["/a"]"#]);
    cache.clear().await.unwrap();
    assert_eq!(told.0.lock().unwrap().len(), 2);
}
