//! Where `shared` is written, and what it needs.

use routekit::{config::Config, prelude::*, rate_limit::RateLimitLayer, test::TestApp};

use super::Process;
use crate::support::RedisServer;

#[get("/s/plain")]
async fn plain() {}

#[get("/s/declared", rate_limit("5/h", shared), rate_limit("9/h", name = "own"))]
async fn declared() {}

fn config(toml: &str) -> Config {
    Config::builder().toml("routekit.toml", toml).build().unwrap_or_else(|error| panic!("{error}"))
}

fn app(toml: &str) -> App {
    App::with_routes(routes![plain, declared]).config(config(toml))
}

#[tokio::test]
async fn configured_limits_are_shared() {
    let Some(server) = RedisServer::start("limits-config", &[]) else { return };
    let toml = "[rate_limit]\ndefault = '2/h shared'\n[route.\"GET /s/declared\"]\nrate_limit = '3/h name=ip'";
    let [a, b] = [(); 2].map(|()| Process::new(&server.url(), app(toml)));
    assert_eq!(a.statuses("/s/plain", 2).await, [200, 200]);
    assert_eq!(b.statuses("/s/plain", 1).await, [429]);
    // The limit of a declared name stays shared.
    assert_eq!(a.statuses("/s/declared", 2).await, [200, 200]);
    assert_eq!(b.statuses("/s/declared", 2).await, [200, 429]);
    let toml = "[route.\"GET /s/declared\"]\nrate_limit = '1/h name=ip shared=false'";
    let [a, b] = [(); 2].map(|()| Process::new(&server.url(), app(toml)));
    assert_eq!((a.statuses("/s/declared", 2).await, b.statuses("/s/declared", 1).await), (vec![200, 429], vec![200]));
    assert!(!a.app.metrics().contains("routekit_rate_limit_fallbacks_total{"), "no limit is shared");
}

#[test]
fn explanation_and_description_show_shared_limits() {
    let app = Process::new("redis://127.0.0.1:1", app("rate_limit.default = '2/h shared'")).app;
    let explain = |route: &str| app.table().explain(route).unwrap().to_string();
    let shown = explain("GET /s/declared");
    let [own, shared] = ["9/h burst=9 per=ip name=own (attribute)", "5/h burst=5 per=ip name=ip shared (attribute)"]
        .map(|text| shown.find(text).unwrap_or_else(|| panic!("no {text:?} in\n{shown}")));
    assert!(own < shared, "in their order:\n{shown}");
    let shown = explain("GET /s/plain");
    assert!(shown.contains("2/h burst=2 per=ip name=ip shared, one quota for "), "{shown}");
    let limits = declared::ROUTE.meta().policies().rate_limits().unwrap();
    assert_eq!(limits.iter().map(|limit| limit.is_shared()).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn shared_limit_without_redis_is_a_startup_error_that_says_what_to_set() {
    let error = |toml: &str| app(toml).table().map(drop).unwrap_err().to_string();
    let text = error("rate_limit.default = '2/h shared'");
    for part in [
        "set `redis.url` (or the variable `REDIS_URL`), or give the cache of the app a `RedisStore`",
        "GET /s/declared (",
        "limit 5/h burst=5 per=ip name=ip shared (attribute)",
        "limit 2/h burst=2 per=ip name=ip shared (routekit.toml",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    // The URL is the mistake.
    let text = error("redis.url = 'http://localhost'");
    assert!(text.contains("`redis.url`") && !text.contains("is `shared`"), "{text}");
    let off = "[route.\"GET /s/declared\"]\nrate_limit = '5/h shared=false'";
    assert!(app(off).table().is_ok());
    let url = "redis.url = 'redis://localhost'";
    assert!(app(url).table().is_ok());
}

#[test]
fn limits_of_a_layer_are_shared_by_the_layer() {
    let error = RateLimitLayer::new(["5/h shared".parse().unwrap()]).unwrap_err().to_string();
    assert!(error.contains("the limit `ip` is `shared`") && error.contains("`RateLimitLayer::shared`"), "{error}");
}

#[test]
fn shared_limits_need_no_server_to_start() {
    let app = TestApp::new(app("redis.url = 'redis://127.0.0.1:1'"));
    assert_eq!(app.table().rows().len(), 2);
}
