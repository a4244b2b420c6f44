//! The format of problems: the standard document, and the app's own.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header, request::Parts};
use routekit::{prelude::*, test::TestApp};
use serde_json::{Value, json};

#[get("/p/missing/{id}")]
async fn missing(id: u64) -> Result<String> {
    Err(Problem::not_found(format!("no item {id}")).with_header(header::RETRY_AFTER, 7.into()).with_member("item", id))
}

#[derive(Debug, serde::Deserialize, Validate)]
struct Item {
    #[validate(length(min = 2))]
    name: String,
}

#[post("/p/items")]
async fn create(item: routekit::Json<Item>) -> String {
    item.0.name
}

#[get("/p/panic")]
async fn panics() {
    panic!("as it should")
}

#[get("/p/own")]
async fn own() -> (StatusCode, &'static str) {
    (StatusCode::CONFLICT, "own text")
}

fn app() -> App {
    App::with_routes(routes![missing, create, panics, own])
}

/// `{ "error": { "message": …, "fields": […] }, "path": … }`
fn of_the_shop(problem: Problem, request: &Parts) -> (StatusCode, Json<Value>) {
    let message = problem.detail().unwrap_or(problem.title());
    let fields: Vec<_> = problem.errors().iter().map(|error| error.pointer.clone()).collect();
    let body = json!({
        "error": { "message": message, "fields": fields },
        "method": request.method.as_str(),
        "path": request.uri.path(),
        "query": request.uri.query(),
        "agent": request.headers.get("user-agent").and_then(|agent| agent.to_str().ok()),
        "id": problem.correlation_id(),
        "item": problem.members().get("item"),
    });
    (problem.status(), Json(body))
}

#[tokio::test]
async fn format_of_the_app_is_that_of_every_problem() {
    let app = TestApp::new(app().problems(of_the_shop));
    let request = app.get("/p/missing/7?q=1").header("user-agent", "suite").header("x-correlation-id", "abc");
    let response = request.send().await;
    assert_eq!((response.status().as_u16(), response.header("content-type")), (404, Some("application/json")));
    assert_eq!(response.header("retry-after"), Some("7"), "headers of the problem stay");
    let expected = json!({
        "error": { "message": "no item 7", "fields": [] },
        "method": "GET", "path": "/p/missing/7", "query": "q=1", "agent": "suite", "id": "abc", "item": 7,
    });
    assert_eq!(response.json::<Value>(), expected);

    let message = |response: &routekit::test::TestResponse| response.json::<Value>()["error"]["message"].clone();
    let refused = app.post("/p/items").json(&json!({ "name": "a" })).send().await;
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.json::<Value>()["error"]["fields"], json!(["/name"]));
    let unknown = app.get("/p/nothing").send().await;
    assert_eq!((unknown.status().as_u16(), message(&unknown)), (404, json!("Not Found")));
    let wrong_method = app.delete("/p/items").send().await;
    assert_eq!((wrong_method.status().as_u16(), message(&wrong_method)), (405, json!("allowed methods: POST")));
    assert_eq!(wrong_method.header("allow"), Some("POST"));
    let panicked = app.get("/p/panic").send().await;
    assert_eq!((panicked.status().as_u16(), message(&panicked)), (500, json!("Internal Server Error")));
    assert_eq!(app.get("/p/own").send().await.text(), "own text", "not a problem");
}

#[tokio::test]
async fn head_has_the_length_of_the_format() {
    let app = TestApp::new(app().problems(|problem: Problem, _: &Parts| (problem.status(), "twelve bytes")));
    let response = app.request(http::Method::HEAD, "/p/missing/7").send().await;
    assert_eq!((response.text(), response.header("content-length")), ("", Some("12")));
}

#[tokio::test]
async fn format_may_change_the_status_and_replace_headers() {
    let app = TestApp::new(app().problems(|_: Problem, _: &Parts| -> Response {
        (StatusCode::IM_A_TEAPOT, [(header::RETRY_AFTER, "1"), (header::CONTENT_LANGUAGE, "de")]).into_response()
    }));
    let response = app.get("/p/missing/7").send().await;
    assert_eq!(response.status(), 418);
    assert_eq!((response.header("retry-after"), response.header("content-language")), (Some("1"), Some("de")));
    assert_eq!(response.header("content-type"), None);
}

#[tokio::test]
async fn format_that_panics_leaves_the_standard_document() {
    let app = TestApp::new(app().problems(|_: Problem, _: &Parts| -> Response { panic!("as it should") }));
    let response = app.get("/p/missing/7").send().await;
    assert_eq!((response.status().as_u16(), response.header("content-type")), (404, Some("application/problem+json")));
    assert_eq!(response.json::<Value>()["detail"], "no item 7");
}

#[test]
#[should_panic(expected = "`errors` is a standard member of a problem")]
fn standard_member_as_an_extension_panics_with_debug_assertions() {
    let _ = Problem::bad_request("wrong").with_member("errors", json!([]));
}
