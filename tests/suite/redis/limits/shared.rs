//! What counts together, and what does not.

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, routing::get};
use http::request::Parts;
use routekit::{
    Identity,
    prelude::*,
    rate_limit::{Limit, Rate, RateLimitLayer},
    test::TestApp,
};
use serde_json::Value;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::{Process, store};
use crate::{rate_limit::from, support::RedisServer};

#[get("/s/many", rate_limit("40/h", per = "header:x-client", shared))]
async fn many() {}

#[get("/s/one", rate_limit("2/h", shared))]
async fn one() {}

#[get("/s/two", rate_limit("2/h", shared))]
async fn two() {}

#[get("/s/observed", rate_limit("2/h", mode = "observe", shared))]
async fn observed() {}

/// The first counts in each process.
#[get("/s/mixed", rate_limit("9/h", name = "all", shared), rate_limit("3/h", per = "header:x-client"))]
async fn mixed() {}

#[get("/s/user", auth(optional), rate_limit("2/h", per = "user", shared), rate_limit("5/h", name = "each"))]
async fn user() {}

#[get("/s/text", rate_limit("2/h", per = text, shared), rate_limit("9/h", shared))]
async fn by_text() {}

#[get("/s/plain")]
async fn plain() {}

#[get("/s/plain-too")]
async fn plain_too() {}

fn text(parts: &Parts) -> String {
    parts.uri.query().unwrap_or_default().to_owned()
}

mod grouped {
    use routekit::prelude::*;

    routekit::group! { rate_limit("2/h", shared) }

    #[get("/s/grouped")]
    pub(super) async fn one() {}

    #[get("/s/grouped-too")]
    pub(super) async fn two() {}
}

fn app() -> App {
    let routes = routes![many, one, two, observed, mixed, user, by_text, plain, plain_too, grouped::one, grouped::two];
    let limit = Limit::new(Rate::new(2, 3_600_000)).name("app").shared();
    App::with_routes(routes).rate_limit(limit).identify(async |_| None)
}

fn processes(server: &RedisServer) -> [Process; 2] {
    [(); 2].map(|()| Process::new(&server.url(), app()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_let_exactly_the_quota_pass() {
    let Some(server) = RedisServer::start("limits-exact", &[]) else { return };
    let processes = processes(&server).map(Arc::new);
    // A process that a busy machine stops for longer than the budget counts on its own, and the next client is asked.
    for client in 0..10 {
        let before: u64 = processes.iter().map(|process| process.fallbacks()).sum();
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let process = Arc::clone(&processes[n % 2]);
            tasks.spawn(async move {
                let mut passed = 0;
                for _ in 0..8 {
                    passed += u32::from(process.of(&client.to_string(), "/s/many").await.status() == 200);
                }
                passed
            });
        }
        let passed: u32 = tasks.join_all().await.into_iter().sum();
        if before == processes.iter().map(|process| process.fallbacks()).sum::<u64>() {
            assert_eq!(passed, 40, "of 96 requests");
            let counted = |outcome: &str| -> u64 {
                let labels = format!(r#"http_route="/s/many",limit="x-client",outcome="{outcome}""#);
                processes.iter().map(|process| process.metric("routekit_rate_limit_requests_total", &labels)).sum()
            };
            assert_eq!(counted("allowed") + counted("refused"), 96 * (client + 1));
            return;
        }
    }
    panic!("Redis was always away");
}

#[tokio::test]
async fn routes_groups_and_the_app_count_on_their_own() {
    let Some(server) = RedisServer::start("limits-apart", &[]) else { return };
    let [a, b] = processes(&server);
    for paths in [["/s/one"; 2], ["/s/two"; 2], ["/s/grouped", "/s/grouped-too"], ["/s/plain", "/s/plain-too"]] {
        assert_eq!(a.statuses(paths[0], 1).await, [200], "{paths:?}");
        assert_eq!(b.statuses(paths[1], 2).await, [200, 429], "{paths:?}");
        assert_eq!(a.statuses(paths[1], 1).await, [429], "{paths:?}");
    }
    assert_eq!(a.fallbacks() + b.fallbacks(), 0);
}

/// Another version of the program has it in another file.
#[tokio::test]
async fn route_that_was_moved_in_the_source_counts_on() {
    #[get("/s/one", rate_limit("2/h", shared))]
    async fn moved() {}

    let Some(server) = RedisServer::start("limits-moved", &[]) else { return };
    let [old, _] = processes(&server);
    assert_eq!(old.statuses("/s/one", 1).await, [200]);
    let newer = Process::new(&server.url(), App::with_routes(routes![moved]));
    assert_eq!(newer.statuses("/s/one", 2).await, [200, 429]);
}

#[tokio::test]
async fn prefixes_and_quotas_of_other_versions_are_apart() {
    #[get("/s/one", rate_limit("3/h", shared))]
    async fn newer() {}

    let Some(server) = RedisServer::start("limits-versions", &[]) else { return };
    let [old, _] = processes(&server);
    assert_eq!(old.statuses("/s/one", 3).await, [200, 200, 429]);
    let newer = Process::new(&server.url(), App::with_routes(routes![newer]));
    assert_eq!(newer.statuses("/s/one", 4).await, [200, 200, 200, 429]);
    let other = routekit::cache::RedisStore::builder(server.url()).prefix("other").build().unwrap();
    let other = app().cache(routekit::cache::Cache::builder().store(other));
    assert_eq!(crate::rate_limit::statuses(&TestApp::new(other), "/s/one", 2).await, [200, 200]);
}

#[tokio::test]
async fn users_texts_and_headers_are_clients() {
    let Some(server) = RedisServer::start("limits-clients", &[]) else { return };
    let [a, b] = processes(&server);
    let of = async |process: &Process, name: &str| {
        process.app.get("/s/user").identity(&Identity::new(name)).send().await.status().as_u16()
    };
    assert_eq!([of(&a, "ann").await, of(&b, "ann").await, of(&a, "ann").await], [200, 200, 429]);
    assert_eq!(of(&b, "bob").await, 200);
    assert_eq!(a.statuses("/s/text?acme", 1).await, [200]);
    assert_eq!(b.statuses("/s/text?acme", 2).await, [200, 429]);
    assert_eq!(b.statuses("/s/text?other", 2).await, [200, 200]);
    for client in ["secret-key-1", "secret-key-2"] {
        assert_eq!(a.of(client, "/s/many").await.header("ratelimit"), Some(r#""x-client";r=39;t=90"#));
    }
    let keys: Vec<String> = server.run(&["KEYS", "*"]);
    assert!(keys.len() >= 6, "{keys:?}");
    for key in keys.iter().filter(|key| key.starts_with("{routekit}:l:")) {
        assert_eq!(key.len(), "{routekit}:l:".len() + 32, "{key}: a digest");
        let left: i64 = server.run(&["PTTL", key]);
        assert!((1..=3_600_002).contains(&left), "{key}: {left}");
        let value: String = server.run(&["GET", key]);
        assert!(value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{value}");
    }
}

#[tokio::test]
async fn observing_limit_counts_and_refuses_nothing() {
    let Some(server) = RedisServer::start("limits-observe", &[]) else { return };
    let [a, b] = processes(&server);
    assert_eq!(a.statuses("/s/observed", 2).await, [200; 2]);
    assert_eq!(b.statuses("/s/observed", 2).await, [200; 2]);
    assert!(b.app.get("/s/observed").send().await.header("ratelimit").is_none());
    let counted = |process: &Process, outcome: &str| {
        let labels = format!(r#"http_route="/s/observed",limit="ip",outcome="{outcome}""#);
        process.metric("routekit_rate_limit_requests_total", &labels)
    };
    assert_eq!((counted(&a, "allowed"), counted(&a, "observed")), (2, 0));
    assert_eq!((counted(&b, "allowed"), counted(&b, "observed"), counted(&b, "refused")), (0, 3, 0));
}

/// A limit of the process comes first, and its refusal does not reach Redis. A refusal of Redis is given back.
#[tokio::test]
async fn shared_limits_come_behind_those_of_the_process() {
    let Some(server) = RedisServer::start("limits-mixed", &[]) else { return };
    let [a, b] = processes(&server);
    let response = a.of("1", "/s/mixed").await;
    assert_eq!(response.header("ratelimit"), Some(r#""x-client";r=2;t=1200, "all";r=8;t=400"#));
    assert_eq!(response.header("ratelimit-policy"), Some(r#""x-client";q=3;w=3600, "all";q=9;w=3600"#));
    for status in [200, 200, 429, 429] {
        assert_eq!(a.of("1", "/s/mixed").await.status(), status);
    }
    // The two refusals have not counted in the shared limit, and other processes have their own first limit.
    for left in [5, 4, 3] {
        let response = b.of("1", "/s/mixed").await;
        assert!(response.header("ratelimit").unwrap().contains(&format!(r#""all";r={left};"#)), "{left}");
    }
    for client in ["2", "3"] {
        for left in [2, 1] {
            let response = b.of(client, "/s/mixed").await;
            let passes = response.status() == 200;
            assert_eq!(passes, client == "2" || left == 2, "client {client}");
            if !passes {
                let list = response.header("ratelimit").unwrap();
                assert!(list.starts_with(r#""x-client";r=2;"#), "given back: {list}");
                assert_eq!(response.json::<Value>()["violated-policies"], serde_json::json!(["all"]));
            }
        }
    }
}

#[tokio::test]
async fn layers_of_one_name_share_their_limits() {
    let Some(server) = RedisServer::start("limits-layer", &[]) else { return };
    let router = |name: &str| -> Router {
        let limits = ["3/h", "9/h name=long"].map(|limit| limit.parse::<Limit>().unwrap());
        let layer = RateLimitLayer::new(limits).unwrap().shared(&store(&server.url()).quotas(), name);
        Router::new().route("/", get(async || "hello")).layer(layer)
    };
    let send = async |router: &Router, peer: &str| {
        let response = router.clone().oneshot(from(peer, "/")).await.unwrap();
        let list = response.headers()["ratelimit"].to_str().unwrap().to_owned();
        (response.status().as_u16(), list)
    };
    let (a, b, other) = (router("api"), router("api"), router("web"));
    assert_eq!(send(&a, "192.0.2.1").await, (200, r#""ip";r=2;t=1200, "long";r=8;t=400"#.to_owned()));
    for status in [200, 200, 429] {
        assert_eq!(send(&b, "192.0.2.1").await.0, status);
    }
    assert_eq!(send(&a, "192.0.2.1").await, (429, r#""ip";r=0;t=1200, "long";r=6;t=400"#.to_owned()));
    assert_eq!(send(&a, "192.0.2.2").await.0, 200, "another client");
    assert_eq!(send(&other, "192.0.2.1").await.0, 200, "another layer");
    let request = Request::new(Body::empty());
    assert_eq!(a.oneshot(request).await.unwrap().status(), 200, "a client without an address");
}

/// Such as another program wrote.
#[tokio::test]
async fn value_that_is_no_time_is_replaced() {
    let Some(server) = RedisServer::start("limits-type", &[]) else { return };
    let [a, _] = processes(&server);
    assert_eq!(a.statuses("/s/one", 3).await, [200, 200, 429]);
    let keys: Vec<String> = server.run(&["KEYS", "{routekit}:l:*"]);
    let [key] = &keys[..] else { panic!("{keys:?}") };
    let list = ["RPUSH", key, "x"];
    for command in [&list[..], &["SET", key, "x"], &["SET", key, ""], &["SET", key, "1.5"], &["SET", key, "-9.000"]] {
        server.run::<()>(&["DEL", key]);
        server.run::<()>(command);
        assert_eq!(a.statuses("/s/one", 3).await, [200, 200, 429], "{command:?}");
        let left: i64 = server.run(&["PTTL", key]);
        assert!(left > 0, "{command:?}");
    }
    assert_eq!(a.fallbacks(), 0);
}
