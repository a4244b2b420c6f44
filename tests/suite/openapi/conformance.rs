//! What an app answers is in its document, whether a handler, an extractor or a policy answers.

use std::time::Duration;

use http::{Method, StatusCode};
use routekit::{auth::ApiKeys, config::Config, prelude::*, respond::Created, test::TestApp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assert_documented;

#[derive(Serialize, Deserialize, Validate, JsonSchema)]
struct Item {
    #[validate(length(min = 1))]
    name: String,
}

#[get("/items/{id}", cache(ttl = 60), rate_limit("1/h", burst = 4))]
async fn item(id: u8) -> Result<Json<Item>> {
    if id == 0 { Err(Problem::not_found("no item")) } else { Ok(Json(Item { name: id.to_string() })) }
}

#[post("/items", auth(scope("items")), idempotent, body_limit = "1KiB")]
async fn create(body: Json<Item>) -> Created<Json<Item>> {
    Created(body)
}

#[get("/breaking", breaker(min_calls = 1, failure_rate = 0.01))]
async fn breaking() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

#[get("/slow", timeout = "1s")]
async fn slow() -> String {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    String::new()
}

#[get("/panics", deprecated(since = "2026-01-01"))]
async fn panics() -> String {
    panic!("on purpose")
}

#[get("/kept", cache(ttl = 60))]
async fn kept() -> Json<Item> {
    Json(Item { name: "kept".to_owned() })
}

#[get("/opaque-panic")]
async fn opaque_panic() -> impl axum::response::IntoResponse {
    if STRONG.is_empty() { "never" } else { panic!("on purpose") }
}

#[get("/status-only")]
async fn status_only() -> Result<String, StatusCode> {
    Err(StatusCode::GONE)
}

const STRONG: &str = "a-key-with-the-scope";
const WEAK: &str = "a-key-without-a-scope";

fn app() -> App {
    App::with_routes(routes![item, kept, create, breaking, slow, panics, opaque_panic, status_only])
        .verifier(
            ApiKeys::new().key(STRONG, Identity::new("ann").with_scopes(["items"])).key(WEAK, Identity::new("bob")),
        )
        .config(Config::default())
}

#[tokio::test(start_paused = true)]
async fn every_response_is_documented() {
    let document = app().openapi().unwrap();
    let document = document.as_json();
    let app = TestApp::new(app());
    let mut seen = Vec::new();
    let mut see = |name: (&Method, &str), response: &routekit::test::TestResponse| {
        assert_documented(document, name, response);
        seen.push(response.status().as_u16());
    };
    let get = (&Method::GET, "/items/{id}");
    for path in ["/items/1", "/items/1", "/items/0", "/items/x", "/items/2"] {
        see(get, &app.get(path).send().await);
    }
    let post = (&Method::POST, "/items");
    let send = |key: &'static str, body: Value| app.post("/items").header("x-api-key", key).json(&body);
    see(post, &app.post("/items").json(&json!({ "name": "a" })).send().await);
    see(post, &send(WEAK, json!({ "name": "a" })).send().await);
    see(post, &send(STRONG, json!({ "name": "a" })).send().await);
    see(post, &send(STRONG, json!({ "name": "" })).send().await);
    see(post, &send(STRONG, json!({ "name": "a".repeat(2000) })).send().await);
    see(post, &app.post("/items").header("x-api-key", STRONG).body("{").header("content-type", "a/b").send().await);
    see(post, &send(STRONG, json!({ "name": "a" })).header("idempotency-key", "no quotes").send().await);
    for name in ["a", "b"] {
        see(post, &send(STRONG, json!({ "name": name })).header("idempotency-key", "\"k\"").send().await);
    }
    for path in ["/breaking", "/breaking", "/slow", "/panics"] {
        see((&Method::GET, path), &app.get(path).send().await);
    }
    for (name, value) in [("accept", "*/*"), ("if-none-match", "*"), ("range", "bytes=0-1"), ("range", "bytes=99999-")]
    {
        see((&Method::GET, "/kept"), &app.get("/kept").header(name, value).send().await);
    }
    let beyond = app.get("/kept").header("range", "bytes=99999-").send().await;
    assert_eq!(beyond.header("content-range"), Some("bytes */15"), "the length of the whole");
    for path in ["/opaque-panic", "/status-only"] {
        see((&Method::GET, path), &app.get(path).send().await);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [200, 201, 206, 304, 400, 401, 403, 404, 410, 413, 415, 416, 422, 429, 500, 502, 503, 504]);
}
