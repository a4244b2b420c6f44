//! What configuration says about the cache.

use std::time::Duration;

use routekit::{
    SetupProblem,
    cache::{Cache, Embedded},
    config::Config,
    prelude::*,
    test::TestApp,
};

use super::{cached, configured, plain};

#[tokio::test]
async fn a_ttl_where_the_app_is_deployed() {
    for (ttl, after, expected) in
        [("30s", 29_999, ["MISS", "HIT"]), ("30s", 30_000, ["MISS", "MISS"]), ("off", 0, ["none", "none"])]
    {
        let clock = routekit::Clock::manual();
        let config = configured(&format!("[route.'GET /v1/caching/cached']\ncache_ttl = '{ttl}'\n"));
        let app = App::with_routes(routes![cached]).prefix("/v1").config(config).clock(clock.clone());
        let app = TestApp::new(app.cache(Cache::builder().ttl_jitter(0.0)));
        let did = async || {
            let answer = app.get("/v1/caching/cached").send().await;
            answer.header("x-cache").unwrap_or("none").to_owned()
        };
        let first = did().await;
        clock.advance(Duration::from_millis(after));
        assert_eq!([first, did().await], expected, "{ttl}, {after} ms");
    }
}

#[test]
fn settings_that_reach_nothing_are_errors() {
    let with_store = || App::with_routes(routes![cached]).cache(Cache::builder().store(Embedded::new(1 << 20)));
    let no_cache = App::with_routes(routes![plain]);
    for (name, app, toml, expected) in [
        (
            "a ttl of a route without a cache",
            no_cache,
            "[route.'GET /caching/plain']\ncache_ttl = '30s'",
            "`route.\"GET /caching/plain\".cache_ttl` in routekit.toml is `30s`: the route declares no `cache(…)`",
        ),
        (
            "off, too",
            App::with_routes(routes![plain]),
            "[route.'GET /caching/plain']\ncache_ttl = 'off'",
            "`route.\"GET /caching/plain\".cache_ttl` in routekit.toml is `off`: the route declares no `cache(…)`",
        ),
        (
            "the size of the app's own store",
            with_store(),
            "cache_max_bytes = '1MiB'",
            "`cache_max_bytes` in routekit.toml is `1MiB`: the app brings a cache, or a store for it, that is made already",
        ),
        (
            "the size of a cache that is made already",
            App::with_routes(routes![cached]).cache(Cache::new()),
            "cache_max_bytes = '1MiB'",
            "`cache_max_bytes` in routekit.toml is `1MiB`: the app brings a cache, or a store for it, that is made already",
        ),
        (
            "no room at all",
            App::with_routes(routes![cached]),
            "cache_max_bytes = 0",
            "`cache_max_bytes` in routekit.toml is `0`",
        ),
        (
            "a ttl of zero",
            App::with_routes(routes![cached]),
            "[route.'GET /caching/cached']\ncache_ttl = 0",
            "`route.\"GET /caching/cached\".cache_ttl` in routekit.toml is `0`: zero; a duration is positive, and `off` is none",
        ),
    ] {
        let built = Config::builder().toml("routekit.toml", toml).build();
        let problems = match built {
            Ok(config) => match app.config(config).into_router() {
                Ok(_) => panic!("{name}: it starts"),
                Err(error) => error.problems().iter().map(ToString::to_string).collect::<Vec<_>>(),
            },
            Err(error) => error.problems().iter().map(ToString::to_string).collect(),
        };
        assert_eq!(problems.len(), 1, "{name}: {problems:#?}");
        assert!(problems[0].starts_with(expected), "{name}: {}", problems[0]);
    }
    assert!(with_store().config(Config::default()).into_router().is_ok(), "a default reaches nothing, and need not");
}

#[post("/caching/fill", invalidates("users"))]
async fn fill(cache: Dep<Cache>) -> String {
    let size = cache.size().await.unwrap();
    format!("{} {}", size.entries, size.evictions)
}

#[get("/caching/large/{id}", cache(ttl = 60, tags = "users"))]
async fn large(id: u32) -> String {
    format!("{id:01000}")
}

#[tokio::test]
async fn how_much_is_kept() {
    for (name, config, all) in
        [("by default", Config::default(), true), ("by configuration", configured("cache_max_bytes = '32KiB'"), false)]
    {
        let app = TestApp::new(App::with_routes(routes![large, fill]).config(config));
        for id in 0..100 {
            app.get(&format!("/caching/large/{id}")).send().await;
        }
        let size = app.post("/caching/fill").send().await.text().to_owned();
        assert_eq!(size == "100 0", all, "{name}: {size}");
    }
}

#[test]
fn settings_of_the_cache_are_shown() {
    let config = configured("cache_max_bytes = '32KiB'\ncache_debug_headers = 'on'\n");
    let text = config.to_string();
    assert!(text.contains("cache_max_bytes = 32KiB (routekit.toml)"), "{text}");
    assert!(text.contains("cache_debug_headers = on (routekit.toml)"), "{text}");
    let text = Config::default().to_string();
    assert!(text.contains("cache_max_bytes = 64MiB (default)"), "{text}");
    assert!(text.contains("cache_debug_headers = off (default)"), "{text}");
    let wrong = Config::builder().toml("routekit.toml", "cache_debug_headers = 'maybe'").build().unwrap_err();
    let [SetupProblem::InvalidSetting { value, .. }] = wrong.problems() else { panic!("{wrong}") };
    assert_eq!(value, "maybe");
}

#[tokio::test]
async fn whether_keys_are_shown() {
    for (toml, shown) in [("", false), ("cache_debug_headers = true", true), ("cache_debug_headers = 'off'", false)] {
        let app = TestApp::new(App::with_routes(routes![cached]).config(configured(toml)));
        let answer = app.get("/caching/cached").send().await;
        assert_eq!(answer.header("x-cache-key").is_some(), shown, "{toml}");
    }
}
