//! Settings of values, from configuration and from the program.

use routekit::{cache::Entry, config::Config, prelude::*, test::TestApp};

use super::{wrapped::Wrapped, *};

#[post("/values/{key}")]
async fn keep(key: String, cache: Dep<Cache>) -> Result<String> {
    cache.set(&key, &"a".repeat(100), &CacheOptions::new()).await.map_err(Problem::internal)?;
    let ttl = cache.ttl(&key).await.map_err(Problem::internal)?;
    Ok(format!("{ttl:?}"))
}

/// A route without a `ttl`.
#[get("/values/page", cache(shared))]
async fn page() {}

/// The lifetime of a value, how often a page is stored, and the lengths of the stored key and value.
async fn kept(cache: CacheBuilder, toml: &str, key: &str) -> (String, &'static str, Vec<u8>, usize) {
    let clock = ManualClock::new();
    let store = Wrapped::new(clock.clock());
    let config = Config::builder().toml("routekit.toml", toml).build().unwrap();
    let app = App::with_routes(routes![keep, page]).config(config);
    let app = TestApp::builder(app.cache(cache.ttl_jitter(0.0).store(store.clone()))).clock(clock.clock()).build();
    let ttl = app.post(&format!("/values/{key}")).send().await.text().to_owned();
    let put = store.put.lock().unwrap()[0].clone();
    let Some(Entry::Response(value)) = store.last.lock().unwrap().clone() else { panic!("a value is kept") };
    let value = value.body().len();
    app.get("/values/page").send().await;
    let page = app.get("/values/page").send().await;
    let page = if page.header("x-cache") == Some("HIT") { "stored" } else { "not stored" };
    (ttl, page, put, value)
}

fn shows(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn values_have_default_settings() {
    let (ttl, page, key, value) = kept(Cache::builder(), "", "rates").await;
    assert_eq!((ttl.as_str(), page), ("Some(300s)", "not stored"), "routes have no ttl by default");
    assert!(shows(&key, "api:cache:") && shows(&key, "rates"));
    assert!(value > 100, "{value}: too short to be compressed");
}

#[tokio::test]
async fn configured_settings_apply_to_values() {
    let toml = "cache.default_ttl = '7s'\ncache.key_prefix = 'shop:'\ncache.max_key_length = 10\n\
         cache.compression_threshold = 50";
    // Configuration overrides the program.
    let program = || Cache::builder().default_ttl(Duration::from_secs(9)).key_prefix("program:");
    let (ttl, page, key, value) = kept(program(), toml, "rates").await;
    assert_eq!((ttl.as_str(), page), ("Some(7s)", "stored"));
    assert!(shows(&key, "shop:") && shows(&key, "rates"), "ten bytes");
    assert!(value < 100, "{value}: compressed");
    let (.., key, _) = kept(program(), toml, "rates2").await;
    assert!(shows(&key, "shop:") && !shows(&key, "rates2"), "eleven bytes");
}

#[tokio::test]
async fn program_settings_apply_to_routes_too() {
    let (ttl, page, ..) = kept(Cache::builder().default_ttl(Duration::from_secs(9)), "", "rates").await;
    assert_eq!((ttl.as_str(), page), ("Some(9s)", "stored"));
    let (ttl, page, ..) =
        kept(Cache::builder().default_ttl(Duration::from_secs(9)), "cache.default_ttl = 'off'", "rates").await;
    assert_eq!((ttl.as_str(), page), ("Some(9s)", "not stored"), "`off` is about routes");
}

#[test]
fn built_cache_ignores_configuration() {
    for (name, value) in [
        ("cache.default_ttl", "7s"),
        ("cache.key_prefix", "shop:"),
        ("cache.max_key_length", "99"),
        ("cache.compression_threshold", "2KiB"),
    ] {
        let config = Config::builder().toml("routekit.toml", format!("{name} = '{value}'")).build().unwrap();
        let app = App::with_routes(routes![page]).cache(Cache::new()).config(config);
        let Err(error) = app.into_router() else { panic!("{name}: it starts") };
        let [problem] = error.problems() else { panic!("{error}") };
        assert_eq!(problem.code(), "invalid-setting");
        let expected = format!("`{name}` in routekit.toml is `{value}`: the app sets a cache that is already built");
        assert_eq!(problem.to_string(), expected);
    }
}
