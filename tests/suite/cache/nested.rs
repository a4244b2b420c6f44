//! Layers within nested routers, which are shown only a part of the path.

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

/// Each was answered with what another one had stored: a nested router is shown the same path.
#[tokio::test]
async fn are_not_each_others() {
    let router = all(&exact().build());
    for did in ["MISS", "HIT"] {
        for (path, text) in PATHS {
            let answer = ask(&router, get_of(path)).await;
            assert_eq!((answer.x_cache(), answer.body.as_str()), (did, text), "{path}");
        }
    }
}

#[tokio::test]
async fn patterns_are_of_what_clients_ask_for() {
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
async fn placeholders_are_of_the_nested_path() {
    let router = all(&exact().spawner(super::spawner()).build());
    for path in ["/one/users/7", "/one/users/8"] {
        ask(&router, get_of(path)).await;
    }
    ask(&router, Request::put("/deep/three/users/7").body(Body::empty()).unwrap()).await;
    assert_eq!(ask(&router, get_of("/one/users/7")).await.x_cache(), "MISS");
    assert_eq!(ask(&router, get_of("/one/users/8")).await.x_cache(), "HIT");
}

#[tokio::test]
async fn queries_are_sorted_there_as_well() {
    let router = all(&exact().build());
    assert_eq!(ask(&router, get_of("/one/x?a=1&b=2")).await.x_cache(), "MISS");
    assert_eq!(ask(&router, get_of("/one/x?b=2&a=1")).await.x_cache(), "HIT");
    assert_eq!(ask(&router, get_of("/one/x?a=1&b=3")).await.x_cache(), "MISS");
}

/// The app's own routes and a layer of a hand-written router use one cache.
#[tokio::test]
async fn one_cache_for_an_app_and_a_router_beside_it() {
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
fn a_tag_of_a_placeholder_that_the_route_lacks() {
    let layer = CacheLayer::new(exact().build()).route("/a/{id}").tags(["a:{idd}"]);
    let _ = tower::Layer::layer(&layer, ());
}

#[test]
#[should_panic(expected = "the route `` has no placeholder `{id}`")]
fn a_pattern_of_a_placeholder_without_a_route() {
    let layer = InvalidateLayer::new(exact().build()).patterns(["/a/{id}"]);
    let _ = tower::Layer::layer(&layer, ());
}

/// The inner one would wait for what the outer one is about to fill, which waits for the inner one.
#[tokio::test(start_paused = true)]
async fn of_two_layers_around_each_other_the_outer_one_caches() {
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

/// An inner layer that lets others in must not keep what the outer one would serve as its own.
#[tokio::test]
async fn the_inner_one_does_not_answer_what_fills_the_outer_one() {
    let cache = exact().build();
    let calls = std::sync::Arc::new(super::Calls::default());
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
async fn layers_keep_to_the_partition_of_their_cache() {
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
