//! What is cached, and what invalidates it.

use reqwest::Method;
use serde_json::json;

use super::{Production, header, json_of};

#[tokio::test]
async fn a_mutation_invalidates_before_its_response() {
    let app = Production::start();
    let bob = app.create_user("bob").await;
    for name in ["b-1", "b-2", "b-3"] {
        app.get("/v2/users").await;
        assert_eq!(header(&app.get("/v2/users").await, "x-cache"), "HIT");
        app.send(Method::PUT, &bob, &json!({ "name": name })).await;
        let page = app.get("/v2/users").await;
        assert_eq!(header(&page, "x-cache"), "MISS");
        assert_eq!(json_of(page).await["items"][0]["name"], name);
    }
}

#[tokio::test]
async fn operators_invalidate_by_tag_and_by_pattern() {
    let app = Production::start();
    for path in ["/cache/tag/users", "/cache/%2Fv2%2Fusers*"] {
        app.get("/v2/users").await;
        assert_eq!(header(&app.get("/v2/users").await, "x-cache"), "HIT");
        let response = app.request(Method::DELETE, path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(json_of(response).await["message"].as_str().unwrap().starts_with("Cache invalidated for "));
        assert_eq!(header(&app.get("/v2/users").await, "x-cache"), "MISS", "{path}");
    }
}

#[tokio::test]
async fn public_pages_are_warmed_up_before_the_app_is_ready() {
    let app = Production::start();
    app.until_log("warmed ");
    let page = app.client.get(format!("{}/v2/products", app.url)).send().await.unwrap();
    assert_eq!(header(&page, "x-cache"), "HIT");
}
