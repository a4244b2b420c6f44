//! The store of an app: where its URL comes from, TLS, the commands of its user, and its health check.

use std::time::Duration;

use http::StatusCode;
use routekit::{
    ManualClock,
    breaker::CircuitBreaker,
    cache::{Cache, CacheOptions, CacheStore, RedisStore, TieredStore},
    config::{Config, Secret},
    prelude::*,
    rate_limit::RateLimitLayer,
    test::TestApp,
};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::{Node, World, item, within};
use crate::support::{RedisServer, SECOND, exact, free_port, output_of, temporary, test_as_program};

/// The configuration with this table `[redis]`.
fn config(redis: &str) -> Config {
    let config = Config::builder().toml("routekit.toml", format!("[redis]\n{redis}")).build();
    let mut config = config.unwrap();
    config.set_server_drain_delay(Duration::ZERO);
    config
}

/// Starts an app and stops it at once. Returns the text of the error.
async fn start(app: App) -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = app.provide(World::default()).serve_on(listener, std::future::ready(())).await;
    served.map_err(|error| error.to_string())
}

#[tokio::test]
async fn store_of_the_program_that_is_refused_is_a_start_error() {
    let Some(server) = RedisServer::start("app-refused", &["--requirepass", "right"]) else { return };
    let store = RedisStore::builder(server.url()).password("hunter2").build().unwrap();
    let app = App::with_routes(routes![item]).config(config("")).cache(Cache::builder().store(store));
    let error = start(app).await.unwrap_err();
    let refuses = format!("{} refuses the user or the password", server.url());
    assert!(error.contains(&refuses) && !error.contains("hunter2"), "{error}");
}

const TOKEN: &str = "0123456789abcdef";

/// A command to the breaker `bank`, which is recorded in Redis.
async fn command_breaker(app: &TestApp) {
    let request = app.admin().put("/breakers/bank").body("force_open");
    let answer = request.header("authorization", &format!("Bearer {TOKEN}")).send().await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
}

/// All commands of the store, those of a new period and of claims too.
#[tokio::test]
async fn user_of_the_guide_has_all_permissions() {
    let guide = include_str!("../../../routekit/docs/redis.md");
    let (_, rest) = guide.split_once("user shop on >PASSWORD").unwrap();
    let (rules, _) = rest.split_once("```").unwrap();
    let options: Vec<&str> = ["--user", "shop", "on", ">few"].into_iter().chain(rules.split_whitespace()).collect();
    let Some(server) = RedisServer::start("app-guide", &options) else { return };
    let url = format!("redis://shop:few@{}", server.addr());
    let store = RedisStore::builder(url).prefix("shop").horizon(Duration::from_secs(1)).build().unwrap();
    let node = Node::of(store.clone(), &std::sync::Arc::default());
    let tiered = TieredStore::builder(store).lease(Duration::from_millis(100)).build();
    let memory = exact().store(tiered.clone()).build();
    let (key, record, minute) = (routekit::cache::Key::new("key"), "one".into(), Duration::from_secs(60));
    let limited = RateLimitLayer::new(["9/s".parse().unwrap()]).unwrap().shared(&node.store.quotas(), "acl");
    let limited: axum::Router = axum::Router::new().layer(limited);
    let operated = App::with_routes(routes![item]).provide(World::default()).config(config("breaker_commands = true"));
    let operated = operated.configure(|config| config.set_admin_token(Some(Secret::new(TOKEN))));
    let operated = operated.breaker(CircuitBreaker::builder("bank").build().unwrap());
    let operated = TestApp::new(operated.cache(Cache::builder().store(node.store.clone())));
    // The second round begins a new period.
    for _ in 0..2 {
        node.until_hit(1).await;
        node.cache.invalidate_pattern("*/it*m/*").await.unwrap();
        node.cache.clear().await.unwrap();
        node.store.claim(&key, "one".into(), minute).await.unwrap();
        assert!(node.store.swap_claim(&key, &record, None, minute).await.unwrap());
        node.store.size().await.unwrap();
        memory.get_or_fill("key", &CacheOptions::new(), async || Ok::<_, Problem>(1)).await.unwrap();
        within("the feed", async || memory.exists("key").await.is_ok() && tiered.is_live()).await;
        memory.invalidate("key").await.unwrap();
        let request = http::Request::new(axum::body::Body::empty());
        limited.clone().oneshot(request).await.unwrap();
        command_breaker(&operated).await;
        node.store.health().await.unwrap();
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    let denied: Vec<redis::Value> = server.run(&["ACL", "LOG"]);
    assert!(denied.is_empty(), "{denied:?}");
}

#[tokio::test]
async fn health_check_of_the_app_tells_whether_the_server_answers() {
    let Some(mut server) = RedisServer::start("app-health", &[]) else { return };
    for (required, expected, text) in
        [(false, StatusCode::OK, "degraded"), (true, StatusCode::SERVICE_UNAVAILABLE, "unhealthy")]
    {
        let store = RedisStore::builder(server.url()).required(required).build().unwrap();
        let app =
            App::with_routes(routes![item]).provide(World::default()).cache(Cache::builder().store(store.clone()));
        let clock = ManualClock::new();
        let app = TestApp::builder(app).clock(clock.clock()).build();
        let status = async || app.get("/health/ready").send().await.status();
        // Results are kept for two seconds.
        within("health", async || {
            clock.advance(3 * SECOND);
            status().await == StatusCode::OK && store.health().await.is_ok()
        })
        .await;
        server.kill();
        within("the end", async || {
            clock.advance(3 * SECOND);
            let health = app.get("/health").send().await;
            health.text().contains(text) && status().await == expected
        })
        .await;
        server.restart();
    }
}

/// Entries that are there can still be used.
#[tokio::test]
async fn app_whose_required_server_is_out_of_memory_takes_requests() {
    let Some(server) = RedisServer::start("app-full", &["--maxmemory-policy", "noeviction"]) else { return };
    let store = RedisStore::builder(server.url()).required(true).budget(Duration::from_millis(250)).build().unwrap();
    let app = App::with_routes(routes![item]).provide(World::default()).cache(Cache::builder().store(store));
    let clock = ManualClock::new();
    let app = TestApp::builder(app).clock(clock.clock()).build();
    let becomes = async |expected: &str| {
        within(expected, async || {
            // Results are kept for two seconds.
            clock.advance(3 * SECOND);
            let health = app.admin().get("/health").send().await.json::<serde_json::Value>();
            health["checks"]["redis"]["status"] == expected
        })
        .await;
        assert_eq!(app.get("/health/ready").send().await.status(), StatusCode::OK);
    };
    becomes("healthy").await;
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    becomes("degraded").await;
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    becomes("healthy").await;
}

#[test]
fn redis_url_is_used_unless_another_source_sets_it() {
    let url = |file: &str, variables: &[(&str, &str)]| {
        let builder = Config::builder().toml("routekit.toml", file);
        let builder = variables.iter().fold(builder, |builder, (name, value)| builder.variable(*name, *value));
        let config = builder.build().unwrap();
        config.redis_url().as_ref().map(|url| url.expose().to_owned())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(url("", &[]), None);
    assert_eq!(url("", &[("REDIS_URL", "")]), None);
    assert_eq!(url("", &[("REDIS_URL", "redis://a")]), some("redis://a"));
    assert_eq!(url("[redis]\nurl = 'redis://b'", &[("REDIS_URL", "redis://a")]), some("redis://b"));
    let both = [("REDIS_URL", "redis://a"), ("ROUTEKIT_REDIS_URL", "redis://c")];
    assert_eq!(url("[redis]\nurl = 'redis://b'", &both), some("redis://c"));
}

/// `REDIS_URL` may be for something else in the program.
#[tokio::test]
async fn redis_url_does_not_replace_the_store_of_the_program() {
    let of_variable = Config::builder().variable("REDIS_URL", "redis://127.0.0.1:1").build().unwrap();
    let mut of_file = config("url = 'redis://127.0.0.1:1'");
    for (config, is_error) in [(of_variable, false), (std::mem::take(&mut of_file), true)] {
        let app = App::with_routes(routes![item]).config(config).cache(Cache::new());
        let app = app.configure(|config| config.set_server_drain_delay(Duration::ZERO));
        let started = start(app).await;
        let text = format!("{started:?}");
        assert_eq!(text.contains("a store for it, that is already built"), is_error, "{text}");
    }
}

const TLS_URL: &str = "ROUTEKIT_TEST_TLS_URL";

#[tokio::test]
async fn server_with_tls_is_used_if_its_certificate_is_trusted() {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let dir = temporary("redis-tls-files");
    let [cert_file, key_file] = ["cert.pem", "key.pem"].map(|name| dir.join(name).to_str().unwrap().to_owned());
    std::fs::write(&cert_file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let port = free_port().port().to_string();
    let options = ["--tls-port", &port, "--tls-cert-file", &cert_file, "--tls-key-file", &key_file];
    let options = [&options[..], &["--tls-auth-clients", "no"]].concat();
    let Some(_server) = RedisServer::start("app-tls", &options) else { return };
    let url = format!("rediss://localhost:{port}");
    output_of(
        test_as_program("redis::app::hits_over_tls_as_a_process").env(TLS_URL, &url).env("SSL_CERT_FILE", &cert_file),
    );
    let untrusted = RedisStore::new(url).unwrap();
    let error = untrusted.connect(Duration::from_secs(5)).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("certificate"), "{cause}");
}

#[tokio::test]
async fn hits_over_tls_as_a_process() {
    let Ok(url) = std::env::var(TLS_URL) else { return };
    let store = RedisStore::new(url).unwrap();
    store.connect(Duration::from_secs(5)).await.unwrap();
    Node::of(store, &std::sync::Arc::default()).until_hit(1).await;
}
