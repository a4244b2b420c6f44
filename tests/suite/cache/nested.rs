//! Layers in nested routers, which only see a part of the path.

use axum::{Router, body::Body, extract::Request, routing};
use routekit::cache::{Cache, CacheLayer, InvalidateLayer};

use super::{MINUTE, ask, exact, get_of};

/// `/{name}/users/{id}`, cached and changed, around a handler or around its router.
fn router(cache: &Cache, name: &'static str) -> Router {
    let cached = CacheLayer::new(cache.clone()).ttl(MINUTE).route("/users/{id}").tags(["user:{id}"]);
    let changing = InvalidateLayer::new(cache.clone()).route("/users/{id}").tags(["user:{id}"]);
    Router::new()
        .route("/users/{id}", routing::get(async move || name).layer(cached.clone()))
        .route("/users/{id}", routing::put(async || "").layer(changing))
        .merge(Router::new().route("/{id}", routing::get(async move || name)).layer(cached))
}

fn all(cache: &Cache) -> Router {
    let deep = Router::new().nest("/three", router(cache, "three"));
    router(cache, "none").nest("/one", router(cache, "one")).nest("/two", router(cache, "two")).nest("/deep", deep)
}

const PATHS: [(&str, &str); 8] = [
    ("/users/7", "none"),
    ("/one/users/7", "one"),
    ("/two/users/7", "two"),
    ("/deep/three/users/7", "three"),
    ("/x", "none"),
    ("/one/x", "one"),
    ("/two/x", "two"),
    ("/deep/three/x?page=1", "three"),
];

/// Regression: a nested router sees only the rest of the path, so different routers were served each other's responses.
#[tokio::test]
async fn nested_routers_share_no_entry() {
    let router = all(&exact().build());
    for did in ["MISS", "HIT"] {
        for (path, text) in PATHS {
            let answer = ask(&router, get_of(path)).await;
            assert_eq!((answer.x_cache(), answer.body.as_str()), (did, text), "{path}");
        }
    }
}

#[tokio::test]
async fn patterns_match_the_full_path() {
    for (pattern, expected) in [
        ("/users/7", ["MISS", "HIT", "HIT", "HIT", "HIT", "HIT", "HIT", "HIT"]),
        ("/one/*", ["HIT", "MISS", "HIT", "HIT", "HIT", "MISS", "HIT", "HIT"]),
        ("/deep/*", ["HIT", "HIT", "HIT", "MISS", "HIT", "HIT", "HIT", "MISS"]),
        ("/*/users/*", ["HIT", "MISS", "MISS", "MISS", "HIT", "HIT", "HIT", "HIT"]),
        ("*/x?page=1", ["HIT", "HIT", "HIT", "HIT", "HIT", "HIT", "HIT", "MISS"]),
    ] {
        let cache = exact().build();
        let router = all(&cache);
        for (path, _) in PATHS {
            ask(&router, get_of(path)).await;
        }
        cache.invalidate_pattern(pattern).await.unwrap();
        for ((path, _), expected) in PATHS.into_iter().zip(expected) {
            assert_eq!(ask(&router, get_of(path)).await.x_cache(), expected, "{path} after {pattern}");
        }
    }
}

#[tokio::test]
async fn placeholders_of_the_nested_path_fill_tags() {
    let router = all(&exact().spawner(routekit::Spawner::tokio()).build());
    for path in ["/one/users/7", "/one/users/8"] {
        ask(&router, get_of(path)).await;
    }
    ask(&router, Request::put("/deep/three/users/7").body(Body::empty()).unwrap()).await;
    assert_eq!(ask(&router, get_of("/one/users/7")).await.x_cache(), "MISS");
    assert_eq!(ask(&router, get_of("/one/users/8")).await.x_cache(), "HIT");
}

#[tokio::test]
async fn queries_are_sorted_in_nested_routers() {
    let router = all(&exact().build());
    assert_eq!(ask(&router, get_of("/one/x?a=1&b=2")).await.x_cache(), "MISS");
    assert_eq!(ask(&router, get_of("/one/x?b=2&a=1")).await.x_cache(), "HIT");
    assert_eq!(ask(&router, get_of("/one/x?a=1&b=3")).await.x_cache(), "MISS");
}

/// The app's own routes and a layer of a hand-written router share a cache.
#[tokio::test]
async fn app_and_router_beside_it_share_a_cache() {
    use routekit::{App, get, post, routes, test::TestApp};

    #[get("/nested/declared", cache(ttl = 60, tags = "both"))]
    async fn declared() {}

    #[post("/nested/change", invalidates("both"))]
    async fn change() {}

    let cache = exact().build();
    let layer = CacheLayer::new(cache.clone()).ttl(MINUTE).tags(["both"]);
    let beside = Router::new().route("/nested/beside", routing::get(async || "").layer(layer));
    let app = TestApp::new(App::with_routes(routes![declared, change]).cache(cache).merge(beside));
    for expected in ["MISS", "HIT"] {
        for path in ["/nested/declared", "/nested/beside"] {
            assert_eq!(super::did(&app, path).await, expected, "{path}");
        }
    }
    app.post("/nested/change").send().await;
    for path in ["/nested/declared", "/nested/beside"] {
        assert_eq!(super::did(&app, path).await, "MISS", "{path}");
    }
}

#[test]
#[should_panic(expected = "the route `/a/{id}` has no placeholder `{idd}`")]
fn layer_tag_with_an_unknown_placeholder_panics() {
    let layer = CacheLayer::new(exact().build()).route("/a/{id}").tags(["a:{idd}"]);
    let _ = tower::Layer::layer(&layer, ());
}

#[test]
#[should_panic(expected = "the route `` has no placeholder `{id}`")]
fn layer_pattern_without_a_route_panics() {
    let layer = InvalidateLayer::new(exact().build()).patterns(["/a/{id}"]);
    let _ = tower::Layer::layer(&layer, ());
}

/// The inner layer would wait for the fill of the outer one, which waits for the inner layer.
#[tokio::test(start_paused = true)]
async fn nested_layers_cache_in_the_outer_one_only() {
    let cache = exact().build();
    let (outer, inner) = (CacheLayer::new(cache.clone()).ttl(MINUTE), CacheLayer::new(cache.clone()).ttl(MINUTE));
    let handler = routing::get(async || "once").layer(inner.tags(["inner"]));
    let router: Router = Router::new().route("/a", handler).layer(outer.tags(["outer"]));
    let start = tokio::time::Instant::now();
    let mut asked = Vec::new();
    for tag in ["none", "none", "outer", "none"] {
        cache.invalidate_tag(tag).await.unwrap();
        asked.push(ask(&router, get_of("/a")).await.x_cache().to_owned());
    }
    assert_eq!(
        (asked, start.elapsed()),
        (["MISS", "HIT", "MISS", "HIT"].map(str::to_owned).to_vec(), std::time::Duration::ZERO)
    );
}

/// An inner layer with other access rules must not store what the outer layer serves as its own.
#[tokio::test]
async fn inner_layer_does_not_answer_fills_of_the_outer_one() {
    let cache = exact().build();
    let calls = std::sync::Arc::new(super::Runs::default());
    let handler = {
        let calls = std::sync::Arc::clone(&calls);
        async move || calls.next().to_string()
    };
    let inner = CacheLayer::new(cache.clone()).ttl(MINUTE).shared();
    let outer = CacheLayer::new(cache.clone()).ttl(MINUTE).tags(["outer"]);
    let router: Router = Router::new().route("/a", routing::get(handler).layer(inner)).layer(outer);
    let mut authorised = get_of("/a");
    authorised.headers_mut().insert("authorization", "Bearer x".parse().unwrap());
    assert_eq!(ask(&router, authorised).await.body, "1");
    cache.invalidate_tag("outer").await.unwrap();
    assert_eq!(ask(&router, get_of("/a")).await.body, "2");
}

#[tokio::test]
async fn layers_stay_in_the_partition_of_their_cache() {
    let cache = exact().build();
    let acme = cache.partition("acme");
    let layer = CacheLayer::new(acme.clone()).ttl(MINUTE).tags(["x"]);
    let change = InvalidateLayer::new(acme.clone()).tags(["x"]);
    let router: Router = Router::new().route(
        "/a",
        routing::get(async || "").layer(layer).post_service(tower::Layer::layer(
            &change,
            tower::service_fn(
                async |_: Request| Ok::<_, std::convert::Infallible>(axum::response::Response::default()),
            ),
        )),
    );
    let asked = async || ask(&router, get_of("/a")).await.x_cache().to_owned();
    assert_eq!([asked().await, asked().await], ["MISS", "HIT"]);
    cache.invalidate_tag("x").await.unwrap();
    assert_eq!(asked().await, "HIT", "that is in no partition");
    acme.invalidate_tag("x").await.unwrap();
    assert_eq!([asked().await, asked().await], ["MISS", "HIT"]);
    ask(&router, Request::post("/a").body(Body::empty()).unwrap()).await;
    assert_eq!(asked().await, "MISS");
}
