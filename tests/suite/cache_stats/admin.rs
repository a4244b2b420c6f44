//! Cache operations on the admin surface.

use http::Method;
use routekit::{cache::Cache, prelude::*, test::TestApp};
use serde_json::Value;

use super::{TOKEN, did, item, page, start};
use crate::logs;

async fn delete(app: &TestApp, path: &str) -> (u16, String) {
    let answer = app.admin().delete(path).header("authorization", &format!("Bearer {TOKEN}")).send().await;
    let message = answer.json::<Value>()["message"].as_str().unwrap_or_default().to_owned();
    (answer.status().as_u16(), message)
}

/// Caches both items and the pages of two tenants.
async fn filled() -> TestApp {
    let app = start(Cache::builder());
    for path in ["/stats/items/1", "/stats/items/2"] {
        assert_eq!(did(app.get(path)).await, "MISS");
    }
    for tenant in ["acme", "umbrella"] {
        assert_eq!(did(app.get("/stats/pages/a").header("x-tenant", tenant)).await, "MISS");
    }
    app
}

#[tokio::test]
async fn admin_purge_invalidates_its_targets_only() {
    let (hit, miss) = ("HIT", "MISS");
    for (path, message, expected) in [
        ("/cache/tag/item:1", "Cache invalidated for tag: item:1", [miss, hit, hit, hit]),
        ("/cache/tag/item%3A1", "Cache invalidated for tag: item:1", [miss, hit, hit, hit]),
        ("/cache/tag/items", "Cache invalidated for tag: items", [miss, miss, hit, hit]),
        ("/cache/tag/a/b", "Cache invalidated for tag: a/b", [hit, hit, hit, hit]),
        ("/cache/tag/a%2Fb", "Cache invalidated for tag: a/b", [hit, hit, hit, hit]),
        ("/cache/%2Fstats%2Fitems%2F2", "Cache invalidated for pattern: /stats/items/2", [hit, miss, hit, hit]),
        ("/cache//stats/items/2", "Cache invalidated for pattern: /stats/items/2", [hit, miss, hit, hit]),
        ("/cache/%2Fstats%2F*", "Cache invalidated for pattern: /stats/*", [miss, miss, hit, hit]),
        ("/cache//stats/*", "Cache invalidated for pattern: /stats/*", [miss, miss, hit, hit]),
        ("/cache/*s/1", "Cache invalidated for pattern: *s/1", [miss, hit, hit, hit]),
        (
            "/cache/%2Fstats%2Fitems%2F%7Bid%7D",
            "Cache invalidated for pattern: /stats/items/{id}",
            [miss, miss, hit, hit],
        ),
        ("/cache/tag/pages", "Cache invalidated for tag: pages", [hit, hit, hit, hit]),
        ("/cache/tag/pages?partition=acme", "Cache invalidated for tag: pages (partition acme)", [hit, hit, miss, hit]),
        (
            "/cache//stats/pages/a?partition=%61cme",
            "Cache invalidated for pattern: /stats/pages/a (partition acme)",
            [hit, hit, miss, hit],
        ),
        ("/cache?partition=acme", "Cache cleared (partition acme)", [hit, hit, miss, hit]),
        ("/cache", "Cache cleared", [miss, miss, miss, miss]),
    ] {
        let app = filled().await;
        assert_eq!(delete(&app, path).await, (200, message.to_owned()), "{path}");
        let page = |tenant| app.get("/stats/pages/a").header("x-tenant", tenant);
        let found = [
            did(app.get("/stats/items/1")).await,
            did(app.get("/stats/items/2")).await,
            did(page("acme")).await,
            did(page("umbrella")).await,
        ];
        assert_eq!(found, expected, "{path}");
    }
}

#[tokio::test]
async fn malformed_purge_is_refused_and_changes_nothing() {
    for (path, status) in [
        ("/cache/stats/items/1", 422),
        ("/cache/users*", 422),
        ("/cache/tag/", 422),
        ("/cache/stats", 405),
        ("/cache/", 404),
        ("/cache/%FF", 400),
        ("/cache/tag/%FF", 400),
        ("/cache/tag/items?partion=acme", 400),
        ("/cache?everything", 400),
    ] {
        let app = filled().await;
        let request = app.admin().delete(path).header("authorization", &format!("Bearer {TOKEN}"));
        let answer = request.send().await;
        assert_eq!(answer.status(), status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(did(app.get("/stats/items/1")).await, "HIT", "{path}");
    }
}

#[tokio::test]
async fn purge_needs_the_operator_token() {
    let app = filled().await;
    for path in ["/cache/tag/items", "/cache//stats/*", "/cache"] {
        for authorization in [None, Some("Bearer 0123456789abcdeX"), Some("Bearer ")] {
            let mut request = app.admin().delete(path);
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            assert_eq!(request.send().await.status(), 401, "{path} {authorization:?}");
            assert_eq!(did(app.get("/stats/items/1")).await, "HIT", "{path} {authorization:?}");
        }
        assert_eq!(app.delete(path).send().await.status(), 404, "{path} is not for clients");
        let without_operators = TestApp::new(App::with_routes(routes![item, page]));
        assert_eq!(without_operators.admin().delete(path).send().await.status(), 404, "{path} without operators");
    }
    assert_eq!(app.admin().get("/cache/stats").send().await.status(), 200, "reading is open");
    assert_eq!(app.admin().request(Method::POST, "/cache/stats").send().await.status(), 405);
}

#[test]
fn each_purge_logs_one_line() {
    let bearer = format!("Bearer {TOKEN}");
    let rows: [(&str, &str, &[&str]); 3] = [
        (
            "/cache/tag/items?partition=acme",
            &bearer,
            &[
                "actor=\"token\"",
                "method=DELETE",
                "path=\"/cache/tag/items\"",
                "status=200",
                "after=\"Cache invalidated for tag: items (partition acme)\"",
            ],
        ),
        ("/cache", "Bearer another", &["actor=\"anonymous\"", "method=DELETE", "path=\"/cache\"", "status=401"]),
        ("/cache/users", &bearer, &["actor=\"token\"", "path=\"/cache/users\"", "status=422"]),
    ];
    for (path, authorization, expected) in rows {
        let (_, lines) = logs::caught(async {
            start(Cache::builder()).admin().delete(path).header("authorization", authorization).send().await
        });
        let audit: Vec<_> = lines.iter().filter(|line| line.of == "routekit::audit").collect();
        assert_eq!(audit.len(), 1, "{path}: {lines:?}");
        for field in expected {
            assert!(audit[0].fields.iter().any(|has| has == field), "{path}: {field} in {audit:?}");
        }
        let told = audit[0].fields.iter().any(|field| field.starts_with("after="));
        assert_eq!(told, expected.contains(&"status=200"), "{path}: what was not done is not told: {audit:?}");
    }
}
