//! Configuration of the cache.

use std::time::Duration;

use routekit::{
    cache::{Cache, Embedded},
    config::Config,
    prelude::*,
    test::TestApp,
};

use super::{cached, configured, explicit, plain};

#[tokio::test]
async fn route_ttl_can_be_configured() {
    for (ttl, after, expected) in
        [("30s", 29_999, ["MISS", "HIT"]), ("30s", 30_000, ["MISS", "MISS"]), ("off", 0, ["none", "none"])]
    {
        let clock = routekit::ManualClock::new();
        let config = configured(&format!("[route.'GET /v1/caching/cached']\ncache_ttl = '{ttl}'\n"));
        let app = App::with_routes(routes![cached]).prefix("/v1").config(config).clock(clock.clock());
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
fn settings_without_effect_are_startup_errors() {
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
            "cache.max_bytes = '1MiB'",
            "`cache.max_bytes` in routekit.toml is `1MiB`: \
             the app sets a cache, or a store for it, that is already built",
        ),
        (
            "the size of a cache that is already built",
            App::with_routes(routes![cached]).cache(Cache::new()),
            "cache.max_bytes = '1MiB'",
            "`cache.max_bytes` in routekit.toml is `1MiB`: \
             the app sets a cache, or a store for it, that is already built",
        ),
        (
            "no room at all",
            App::with_routes(routes![cached]),
            "cache.max_bytes = 0",
            "`cache.max_bytes` in routekit.toml is `0`",
        ),
        (
            "a default ttl of zero",
            App::with_routes(routes![cached]),
            "cache.default_ttl = '0s'",
            "`cache.default_ttl` in routekit.toml is `0s`: zero; a duration must be positive, and `off` disables it",
        ),
        (
            "a key prefix with a space",
            App::with_routes(routes![cached]),
            "cache.key_prefix = 'my app:'",
            "`cache.key_prefix` in routekit.toml is `my app:`: has white space",
        ),
        (
            "a key prefix that leaves no room",
            App::with_routes(routes![cached]),
            "cache.key_prefix = 'api:'\ncache.max_key_length = 4",
            "`cache.max_key_length` in routekit.toml is `4`: must be longer than `cache.key_prefix`",
        ),
        (
            "keys without length",
            App::with_routes(routes![cached]),
            "cache.max_key_length = 0",
            "`cache.max_key_length` in routekit.toml is `0`: not a size",
        ),
        (
            "a threshold that is no size",
            App::with_routes(routes![cached]),
            "cache.compression_threshold = '1KB'",
            "`cache.compression_threshold` in routekit.toml is `1KB`: not a size",
        ),
        (
            "neither warm nor not",
            App::with_routes(routes![cached]),
            "cache.warm_up = 'later'",
            "`cache.warm_up` in routekit.toml is `later`: must be `on` or `off`",
        ),
        (
            "a ttl of zero",
            App::with_routes(routes![cached]),
            "[route.'GET /caching/cached']\ncache_ttl = 0",
            "`route.\"GET /caching/cached\".cache_ttl` in routekit.toml is `0`: \
             zero; a duration must be positive, and `off` disables it",
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

#[test]
fn default_ttl_of_zero_in_code_is_an_error() {
    let app = App::with_routes(routes![cached]).config(Config::default());
    let error = app.configure(|config| config.set_cache_default_ttl(Some(Duration::ZERO))).into_router().unwrap_err();
    let expected = "`cache.default_ttl` (code) is `0ns`: zero; nothing would be fresh";
    assert!(error.to_string().contains(expected), "{error}");
}

#[tokio::test]
async fn default_ttl_applies_to_routes_without_one() {
    #[get("/caching/unsaid", cache(tags = "users", max_body = 8))]
    async fn unsaid() -> &'static str {
        "x"
    }
    const LINE: &str = "[route.'GET /caching/unsaid']\ncache_ttl =";
    for (name, toml, unsaid_is, cached_is) in [
        ("none", String::new(), "from responses, tags users, max_body 8 (attribute)", "60s, tags users (attribute)"),
        ("off", "cache.default_ttl = 'off'".to_owned(), "from responses, tags users, max_body 8 (attribute)", "60s"),
        (
            "one",
            "cache.default_ttl = '5m'".to_owned(),
            "300s, tags users, max_body 8 (routekit.toml)",
            "60s, tags users (attribute)",
        ),
        (
            "one, and the route's",
            format!("cache.default_ttl = '5m'\n{LINE} '30s'"),
            "30s, tags users, max_body 8 (routekit.toml)",
            "60s",
        ),
        ("one, and the route's off", format!("cache.default_ttl = '5m'\n{LINE} 'off'"), "off (routekit.toml)", "60s"),
    ] {
        let app = App::with_routes(routes![cached, unsaid, explicit]).verifier(crate::auth::Header);
        let app = TestApp::new(app.config(configured(&toml)).clock(routekit::ManualClock::new().clock()));
        for (route, expected) in [("GET /caching/unsaid", unsaid_is), ("GET /caching/cached", cached_is)] {
            let explanation = app.table().explain(route).unwrap().to_string();
            let expected = if expected.starts_with("off") { expected.to_owned() } else { format!("ttl {expected}") };
            assert!(explanation.contains(&format!("cache = {expected}")), "{name}: {expected}\n{explanation}");
        }
        let explanation = app.table().explain("GET /caching/explicit").unwrap().to_string();
        let stored = name.starts_with("one");
        let expected = if stored { "cache = ttl 300s, vary accept, shared" } else { "cache = ttl from responses" };
        assert!(explanation.contains(expected), "{name}: {explanation}");
        app.get("/caching/unsaid").send().await;
        let answer = app.get("/caching/unsaid").send().await;
        assert_eq!(answer.header("x-cache") == Some("HIT"), stored && !toml.contains("cache_ttl = 'off'"), "{name}");
    }
    let config = Config::builder().variable("ROUTEKIT_CACHE_DEFAULT_TTL", "90").build().unwrap();
    assert_eq!(**config.cache_default_ttl(), Some(Duration::from_secs(90)));
    let app = TestApp::new(App::with_routes(routes![unsaid]).config(config));
    assert!(app.table().to_string().contains("cache = ttl 90s, tags users, max_body 8 (ROUTEKIT_CACHE_DEFAULT_TTL)"));
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
async fn capacity_can_be_configured() {
    for (name, config, all) in
        [("by default", Config::default(), true), ("by configuration", configured("cache.max_bytes = '32KiB'"), false)]
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
fn cache_settings_are_shown() {
    let config = configured("cache.max_bytes = '32KiB'\ncache.debug_headers = 'on'\n");
    let text = config.to_string();
    assert!(text.contains("cache.max_bytes = 32KiB (routekit.toml)"), "{text}");
    assert!(text.contains("cache.debug_headers = on (routekit.toml)"), "{text}");
    let text = Config::default().to_string();
    for line in [
        "cache.max_bytes = 64MiB (default)",
        "cache.default_ttl = off (default)",
        "cache.key_prefix = api:cache: (default)",
        "cache.max_key_length = 250 (default)",
        "cache.compression_threshold = 1KiB (default)",
        "cache.warm_up = on (default)",
        "cache.debug_headers = off (default)",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    let config = configured(
        "cache.default_ttl = 90\ncache.key_prefix = ''\ncache.max_key_length = 64\n\
         cache.compression_threshold = '4KiB'\ncache.warm_up = false\n",
    );
    assert_eq!(**config.cache_default_ttl(), Some(Duration::from_secs(90)));
    assert_eq!((config.cache_key_prefix().as_str(), **config.cache_max_key_length()), ("", 64));
    assert_eq!((**config.cache_compression_threshold(), **config.cache_warm_up()), (4096, false));
    assert!(config.to_string().contains("cache.key_prefix = none (routekit.toml)"), "{config}");
    let config = Config::builder().variable("ROUTEKIT_CACHE_KEY_PREFIX", "shop:").build().unwrap();
    assert_eq!(**config.cache_key_prefix(), "shop:");
    let wrong = Config::builder().toml("routekit.toml", "cache.debug_headers = 'maybe'").build().unwrap_err();
    let [problem] = wrong.problems() else { panic!("{wrong}") };
    assert_eq!(problem.code(), "invalid-setting");
    assert!(problem.to_string().contains(" is `maybe`: "), "{problem}");
}

#[tokio::test]
async fn key_digests_can_be_configured() {
    for (toml, shown) in [("", false), ("cache.debug_headers = true", true), ("cache.debug_headers = 'off'", false)] {
        let app = TestApp::new(App::with_routes(routes![cached]).config(configured(toml)));
        let answer = app.get("/caching/cached").send().await;
        assert_eq!(answer.header("x-cache-key").is_some(), shown, "{toml}");
    }
}

#[get("/caching/with-timeout", cache(ttl = 60), timeout = "2s")]
async fn with_timeout() {}

/// Requests that wait for the response of a cached route must not wait for ever, whatever the configuration says.
#[test]
fn cached_routes_without_a_timeout_have_a_default_that_is_shown() {
    for (toml, route, expected) in [
        ("", "GET /caching/cached", "timeout = 30s (default of cached routes)"),
        ("timeout = 'off'", "GET /caching/cached", "timeout = 30s (default of cached routes)"),
        ("timeout = '5s'", "GET /caching/cached", "timeout = 5s (routekit.toml)"),
        ("", "GET /caching/with-timeout", "timeout = 2s (attribute)"),
        ("", "GET /caching/plain", "timeout = off (default)"),
        ("[route.'GET /caching/cached']\ncache_ttl = 'off'", "GET /caching/cached", "timeout = off (default)"),
    ] {
        let app = App::with_routes(routes![cached, plain, with_timeout]).config(configured(toml));
        let app = TestApp::new(app);
        let explanation = app.table().explain(route).unwrap().to_string();
        assert!(explanation.contains(expected), "{toml} {route}: {expected}\n{explanation}");
        let table = app.table().to_string();
        assert!(!table.contains("30s"), "the table shows no defaults: {table}");
    }
}
