//! Two processes with one database and one Redis.

use reqwest::Method;
use serde_json::json;

use super::{Production, header, issued, json_of};
use crate::support::{RedisServer, temporary};

struct Pair {
    redis: RedisServer,
    one: Production,
    other: Production,
}

/// `None` without a Redis server.
fn pair(name: &str, max: &str) -> Option<Pair> {
    let redis = RedisServer::start(name, &[])?;
    let file = temporary(&format!("{name}-database")).join("database");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let start = || {
        let mut command = issued();
        command.env("DATABASE_URL", &url).env("REDIS_URL", redis.url()).env("RATE_LIMIT_MAX", max);
        // Time for a busy machine.
        command.env("ROUTEKIT_REDIS_BUDGET", "250ms");
        let app = Production::start_issued(&mut command);
        app.until_log(r#""ready":true"#);
        app
    };
    let (one, other) = (start(), start());
    Some(Pair { redis, one, other })
}

impl Production {
    /// A request with a host that both processes share, because the host is a part of cache keys.
    async fn get_as_one_host(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path).header("host", "production.example").send().await.unwrap()
    }
}

#[tokio::test]
async fn processes_share_entries_invalidations_keys_and_quotas() {
    let Some(Pair { redis: _redis, one, other }) = pair("production-shared", "30") else { return };
    let bob = one.create_user("bob").await;
    one.get_as_one_host("/v2/users").await;
    assert_eq!(header(&other.get_as_one_host("/v2/users").await, "x-cache"), "HIT");

    one.send(Method::PUT, &bob, &json!({ "name": "Bobby" })).await;
    // Within the lease of a second; the quota of the route bounds the attempts.
    let mut seen = json!(null);
    while seen != "Bobby" {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let page = other.get_as_one_host("/v2/users").await;
        assert_eq!(page.status(), 200, "the invalidation does not arrive");
        seen = json_of(page).await["items"][0]["name"].clone();
    }

    let order = |app: &Production| {
        let request = app.request(Method::POST, "/v2/orders").header("host", "production.example");
        request.header("idempotency-key", "key-1").json(&json!({ "product": "tea", "quantity": 1 })).send()
    };
    let first = json_of(order(&one).await.unwrap()).await;
    let repeat = order(&other).await.unwrap();
    assert_eq!(header(&repeat, "idempotency-replayed"), "true");
    assert_eq!(json_of(repeat).await, first);

    let mut passed = 0;
    while one.get("/v1/users").await.status() == 200 && other.get("/v1/users").await.status() == 200 {
        passed += 2;
    }
    assert!((28..=30).contains(&passed), "the quota of both is 30: {passed}");
}

#[tokio::test]
async fn requests_go_on_without_redis() {
    let Some(Pair { mut redis, one, other }) = pair("production-without", "1000") else { return };
    let bob = one.create_user("bob").await;
    redis.kill();
    for name in ["b-1", "b-2", "b-3"] {
        assert_eq!(one.send(Method::PUT, &bob, &json!({ "name": name })).await.status(), 200);
        let page = json_of(one.get("/v2/users").await).await;
        assert_eq!(page["items"][0]["name"], name, "a process sees its own invalidations");
        assert_eq!(other.get("/v2/users").await.status(), 200);
    }
    // A result of the checks is used for two seconds.
    let mut health = json!("healthy");
    for _ in 0..100 {
        if health != "healthy" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        health = json_of(one.get("/health").await).await["status"].clone();
    }
    assert_eq!(health, "degraded");
    // An order might be placed twice.
    let order = one.request(Method::POST, "/v2/orders").header("idempotency-key", "key-1");
    let order = order.json(&json!({ "product": "tea", "quantity": 1 })).send().await.unwrap();
    assert_eq!((order.status().as_u16(), header(&order, "retry-after").as_str()), (503, "5"));
    assert_eq!(one.get("/health/ready").await.status(), 200);
}
