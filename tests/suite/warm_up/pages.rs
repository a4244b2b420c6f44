//! Which pages are requested.

use http::request::Parts;
use routekit::{config::Config, prelude::*, test::TestApp};

use super::{not_stored, page, x_cache};

#[get("/w/pages/{id}", cache(ttl = 60))]
async fn with_placeholder(id: u32) -> String {
    id.to_string()
}

#[get("/w/pages/{id}/all/{*rest}", cache(ttl = 60))]
async fn catch_all(id: u32, rest: String) -> String {
    format!("{id} {rest}")
}

#[get("/w/mine", auth(optional), cache(ttl = 60, per = "user"))]
async fn mine() -> &'static str {
    "mine"
}

#[get("/w/members", auth, cache(ttl = 60, shared))]
async fn members() -> &'static str {
    "members"
}

#[get("/w/optional", auth(optional), cache(ttl = 60, shared))]
async fn optional() -> &'static str {
    "optional"
}

#[get("/w/uncached")]
async fn uncached() -> &'static str {
    "uncached"
}

#[head("/w/head", cache(ttl = 60))]
async fn head() {}

fn nobodys_tenant(parts: &Parts) -> String {
    parts.headers.get("x-tenant").map_or_else(String::new, |tenant| tenant.to_str().unwrap().to_owned())
}

#[get("/w/tenants", cache(ttl = 60, partition = nobodys_tenant))]
async fn tenants() -> &'static str {
    "tenants"
}

fn app() -> App {
    let routes = routes![page, with_placeholder, catch_all, mine, members, optional, uncached, head, tenants];
    App::with_routes(routes).verifier(crate::auth::Header)
}

#[tokio::test]
async fn cached_routes_without_placeholders_are_warmed() {
    let app = TestApp::new(app());
    let report = app.warm_up().await;
    assert_eq!((report.pages, report.stored, not_stored(&report)), (3, 3, vec![]));
    for path in ["/w/page", "/w/optional", "/w/tenants"] {
        assert_eq!(x_cache(&app, path, None).await.as_deref(), Some("HIT"), "{path}");
    }
    assert_eq!(x_cache(&app, "/w/pages/7", None).await.as_deref(), Some("MISS"));
    assert!(report.to_string().starts_with("warmed 3 of 3 pages in "), "{report}");
    // A second warm-up changes nothing and finds every page stored.
    assert_eq!(app.warm_up().await.stored, 3);
}

#[tokio::test]
async fn named_pages_are_warmed_once_each() {
    let named =
        ["/w/pages/7", "/w/pages/7/all/a/b?c", "/w/page?n=1", "/w/page", "/w/page?n=1", "/w/mine", "/w/members"];
    let app = TestApp::new(named.into_iter().fold(app(), App::warm));
    let report = app.warm_up().await;
    // Each page once. A page per user is stored for unidentified clients.
    assert_eq!((report.pages, report.stored), (8, 7));
    assert_eq!(not_stored(&report), [("/w/members", None, Some(401), "answered 401 Unauthorized")]);
    for path in ["/w/pages/7", "/w/pages/7/all/a/b?c", "/w/page?n=1", "/w/page"] {
        assert_eq!(x_cache(&app, path, None).await.as_deref(), Some("HIT"), "{path}");
    }
}

#[tokio::test]
async fn paths_have_the_app_s_prefix() {
    let app = TestApp::new(App::with_routes(routes![page, with_placeholder]).prefix("/api").warm("/api/w/pages/7"));
    assert_eq!(app.warm_up().await.stored, 2);
    for path in ["/api/w/page", "/api/w/pages/7"] {
        assert_eq!(x_cache(&app, path, None).await.as_deref(), Some("HIT"), "{path}");
    }
}

#[tokio::test]
async fn routes_with_cache_off_are_not_warmed() {
    let off = "[route.'GET /w/page']\ncache_ttl = 'off'\n[route.'GET /w/pages/{id}']\ncache_ttl = 'off'\n";
    let config = Config::builder().toml("routekit.toml", off).build().unwrap();
    let app = TestApp::new(app().config(config).warm("/w/pages/7").warm("/w/page"));
    let report = app.warm_up().await;
    assert_eq!((report.pages, report.stored), (2, 2), "{report:?}");
}

#[tokio::test]
async fn warm_up_can_be_turned_off() {
    let app = app().warm("/w/pages/7").configure(|config| config.set_cache_warm_up(false));
    let app = TestApp::new(app);
    assert_eq!(app.warm_up().await.pages, 0);
    assert_eq!(x_cache(&app, "/w/page", None).await.as_deref(), Some("MISS"));
    for (toml, on) in [("", true), ("cache.warm_up = 'off'", false), ("cache.warm_up = true", true)] {
        assert_eq!(**Config::builder().toml("routekit.toml", toml).build().unwrap().cache_warm_up(), on, "{toml}");
    }
}

#[tokio::test]
async fn hand_written_page_is_requested_and_reported() {
    use routekit::{
        Spawner,
        axum::{Router, routing::get},
        cache::{Cache, CacheLayer},
    };
    let cache = Cache::builder().spawner(Spawner::tokio()).build();
    let layer = CacheLayer::new(cache.clone()).ttl(std::time::Duration::from_secs(60));
    let router = Router::new()
        .route("/w/pages/old", get(|| async { "old" }).layer(layer))
        .route("/w/plain", get(|| async { "plain" }));
    let app = App::with_routes(routes![with_placeholder]).cache(cache).merge(router);
    let app = TestApp::new(app.warm("/w/pages/old").warm("/w/plain").warm("/w/nothing"));
    let report = app.warm_up().await;
    let expected = [
        ("/w/plain", None, Some(200), "no cache layer handled the request"),
        ("/w/nothing", None, Some(404), "answered 404 Not Found"),
    ];
    assert_eq!(not_stored(&report), expected);
    assert_eq!(x_cache(&app, "/w/pages/old", None).await.as_deref(), Some("HIT"));
}
