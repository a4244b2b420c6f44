//! The routes of users: validation, versions, access, headers.

use reqwest::Method;
use serde_json::json;

use super::{Production, header, issued, json_of, token};

#[tokio::test]
async fn users_are_created_renamed_and_deleted() {
    users_live(&Production::start()).await;
}

/// The life of two users.
pub(super) async fn users_live(app: &Production) {
    let bob = app.create_user("bob").await;
    app.create_user("ann").await;
    let page = json_of(app.get("/v2/users?limit=1").await).await;
    assert_eq!((&page["items"][0]["name"], &page["total"]), (&json!("ann"), &json!(2)));
    let renamed = json_of(app.send(Method::PUT, &bob, &json!({ "name": "Bobby" })).await).await;
    assert_eq!(renamed["name"], "Bobby");
    assert_eq!(json_of(app.get("/v2/users?search=BOBBY").await).await["total"], 1);
    assert_eq!(json_of(app.get("/v2/users?search=%25").await).await["total"], 0, "it is no wildcard");
    assert_eq!(app.get("/v2/users?search=%00").await.status(), 422);
    assert_eq!(app.request(Method::DELETE, &bob).send().await.unwrap().status(), 204);
    assert_eq!(app.get(&bob).await.status(), 404);
}

#[tokio::test]
async fn broken_rules_are_reported_together_and_a_second_address_is_a_conflict() {
    let app = Production::start();
    let refused = app.send(Method::POST, "/v2/users", &json!({ "name": "", "email": "no address" })).await;
    assert_eq!(refused.status(), 422);
    let problem = json_of(refused).await;
    let mut fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["/email", "/name"]);
    assert_eq!(app.get("/v2/users?page=0").await.status(), 422);
    app.create_user("ann").await;
    let second = json!({ "name": "Anna", "email": "ann@example.com" });
    assert_eq!(app.send(Method::POST, "/v2/users", &second).await.status(), 409);
}

#[tokio::test]
async fn the_first_version_announces_its_end() {
    let app = Production::start();
    let old = app.get("/v1/users").await;
    assert_eq!(old.status(), 200);
    assert!(header(&old, "deprecation").starts_with('@'));
    assert_eq!(header(&old, "sunset"), "Fri, 31 Dec 2027 00:00:00 GMT");
    assert_eq!(header(&app.get("/v2/users").await, "deprecation"), "");
}

#[tokio::test]
async fn access_needs_a_valid_token_and_changes_need_the_role() {
    let mut app = Production::start_issued(&mut issued());
    app.token = token("bob", &[], -600);
    let expired = app.get("/v2/users").await;
    assert_eq!(expired.status(), 401);
    assert!(header(&expired, "www-authenticate").starts_with("Bearer"), "{:?}", expired.headers());
    app.token = token("bob", &[], 600);
    assert_eq!(app.get("/v2/users").await.status(), 200);
    let user = json!({ "name": "Eve", "email": "eve@example.com" });
    assert_eq!(app.send(Method::POST, "/v2/users", &user).await.status(), 403);
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read() {
    let app = Production::start_issued(issued().env("ALLOWED_ORIGINS", "https://app.example.com, https://b.example"));
    let preflight = |origin: &'static str| {
        let request = app.client.request(Method::OPTIONS, format!("{}/v2/users", app.url));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "authorization,content-type,x-correlation-id").send()
    };
    let allowed = preflight("https://app.example.com").await.unwrap();
    assert_eq!(header(&allowed, "access-control-allow-origin"), "https://app.example.com");
    assert!(header(&allowed, "access-control-allow-headers").to_lowercase().contains("x-correlation-id"));
    assert_eq!(header(&preflight("https://evil.example").await.unwrap(), "access-control-allow-origin"), "");
}

#[tokio::test]
async fn requests_are_correlated_with_the_log() {
    let app = Production::start_issued(issued().env("ROUTEKIT_ACCESS_LOG", "all"));
    let request = app.request(Method::GET, "/v2/products").header("x-correlation-id", "one-request-7");
    let response = request.send().await.unwrap();
    assert_eq!(header(&response, "x-correlation-id"), "one-request-7");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    let line = app.until_log("one-request-7");
    assert!(line.starts_with('{') && line.contains("/v2/products"), "{line}");
}
