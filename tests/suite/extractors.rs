//! Foreign and optional extractors, and their rejections.

use std::net::SocketAddr;

use axum::{
    Extension,
    extract::{ConnectInfo, FromRequestParts, MatchedPath, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, request::Parts};
use routekit::{extract::Rejection, prelude::*, test::TestApp};
use serde::Deserialize;
use serde_json::Value;

use crate::wire;

#[derive(Deserialize, Validate)]
struct Name {
    #[validate(length(min = 2))]
    name: String,
}

#[post("/optional")]
async fn optional(query: Option<Query<Name>>, body: Option<Json<Name>>) -> String {
    let name = |name: Option<&str>| name.unwrap_or("-").to_owned();
    format!("{} {}", name(query.as_ref().map(|q| q.name.as_str())), name(body.as_ref().map(|b| b.name.as_str())))
}

#[post("/result")]
async fn result(body: Result<Json<Name>, Rejection>) -> String {
    match body {
        Ok(body) => body.0.name,
        Err(Rejection::Invalid(errors)) => format!("{} wrong", errors.len()),
        Err(other) => other.to_string(),
    }
}

#[post("/foreign-result")]
async fn foreign_result(body: Result<axum::Json<Value>, JsonRejection>) -> String {
    body.map_or_else(|rejection| rejection.status().to_string(), |body| body.0.to_string())
}

#[post("/foreign-json")]
async fn foreign_json(body: axum::Json<Vec<u8>>) -> String {
    format!("{:?}", body.0)
}

/// Rejects in plain text, with a header.
struct Plain;

impl<S: Sync> FromRequestParts<S> for Plain {
    type Rejection = ([(&'static str, &'static str); 1], (StatusCode, &'static str));

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Err(([("www-authenticate", "Basic")], (StatusCode::UNAUTHORIZED, "who are you?")))
    }
}

/// Rejects in a format of its own.
struct Own;

impl<S: Sync> FromRequestParts<S> for Own {
    type Rejection = Response;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Err((StatusCode::IM_A_TEAPOT, axum::Json("short and stout")).into_response())
    }
}

#[get("/plain")]
async fn plain(_plain: Plain) {}

#[get("/own")]
async fn own(_own: Own) {}

#[derive(Clone)]
struct NeverAdded;

#[get("/broken")]
async fn broken(_extension: Extension<NeverAdded>) {}

#[get("/mixed/{id}")]
async fn mixed(
    path: MatchedPath,
    id: u8,
    headers: HeaderMap,
    axum::extract::Query(all): axum::extract::Query<Vec<(String, String)>>,
) -> String {
    format!("{} {id} {:?} {all:?}", path.as_str(), headers.get("x-a"))
}

#[post("/first")]
async fn body_stands_first(body: String, headers: HeaderMap) -> String {
    format!("{body} {}", headers.len())
}

#[get("/peer")]
async fn peer(ConnectInfo(addr): ConnectInfo<SocketAddr>) -> String {
    addr.ip().to_string()
}

fn app() -> App {
    App::with_routes(routes![
        optional,
        result,
        foreign_result,
        foreign_json,
        plain,
        own,
        broken,
        mixed,
        body_stands_first,
        peer
    ])
}

#[tokio::test]
async fn optional_extractors_are_none_without_their_input() {
    let app = TestApp::new(app());
    assert_eq!(app.post("/optional").send().await.text(), "- -");
    let name = serde_json::json!({ "name": "ann" });
    assert_eq!(app.post("/optional?name=bob").json(&name).send().await.text(), "bob ann");
    assert_eq!(app.post("/optional?name=b").send().await.status(), 422, "there, and wrong");
    assert_eq!(app.post("/optional").header("content-type", "text/plain").body("x").send().await.status(), 415);
}

#[tokio::test]
async fn result_extractors_hand_over_the_rejection() {
    let app = TestApp::new(app());
    assert_eq!(app.post("/result").json(&serde_json::json!({ "name": "a" })).send().await.text(), "1 wrong");
    assert_eq!(app.post("/result").json(&serde_json::json!({ "name": "ab" })).send().await.text(), "ab");
    assert_eq!(app.post("/result").send().await.text(), "the body must be of type application/json");
    assert_eq!(app.post("/foreign-result").send().await.text(), "415 Unsupported Media Type");
}

#[tokio::test]
async fn rejections_of_axum_become_problems_and_those_of_the_program_stay() {
    let app = TestApp::new(app());

    let refused = app.get("/plain").send().await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.header("www-authenticate"), Some("Basic"));
    assert_eq!(refused.text(), "who are you?", "as in axum");

    let refused = app.post("/foreign-json").header("content-type", "application/json").body("[").send().await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    let refused = app.post("/foreign-json").json(&["hunter2"]).send().await;
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.json::<Value>()["detail"], "Failed to deserialize the JSON body into the target type");

    let refused = app.get("/own").send().await;
    assert_eq!((refused.status().as_u16(), refused.text()), (418, "\"short and stout\""));
}

#[tokio::test]
async fn problems_for_all_turns_plain_rejections_of_the_program_into_problems() {
    let app = TestApp::new(app().problems_for_all());

    let refused = app.get("/plain").send().await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.header("www-authenticate"), Some("Basic"));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(refused.json::<Value>()["detail"], "who are you?");
    assert_eq!(refused.json::<Value>()["instance"], "/plain");

    let refused = app.get("/own").send().await;
    assert_eq!((refused.status().as_u16(), refused.text()), (418, "\"short and stout\""));
}

#[tokio::test]
async fn internal_text_of_rejections_is_not_sent() {
    let app = TestApp::new(app());
    let failed = app.get("/broken").send().await;
    assert_eq!(failed.status(), 500);
    assert!(!failed.text().contains("NeverAdded"), "{}", failed.text());
    assert_eq!(failed.json::<Value>()["title"], "Internal Server Error");
}

struct Pool;

impl<S: Sync> FromRequestParts<S> for Pool {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Err((StatusCode::INTERNAL_SERVER_ERROR, "password for user shop is wrong"))
    }
}

#[get("/pool")]
async fn pool(_pool: Pool) {}

#[tokio::test]
async fn internal_text_of_the_programs_extractors_is_not_sent() {
    let failed = TestApp::new(App::with_routes(routes![pool])).get("/pool").send().await;
    assert_eq!((failed.status().as_u16(), failed.header("content-type")), (500, Some("application/problem+json")));
    assert!(!failed.text().contains("password"), "{}", failed.text());
}

#[tokio::test]
async fn arguments_can_have_any_order() {
    let app = TestApp::new(app());
    let answer = app.get("/mixed/7?b=1&b=2").header("x-a", "y").send().await;
    assert_eq!(answer.text(), r#"/mixed/{id} 7 Some("y") [("b", "1"), ("b", "2")]"#);
    let answer = app.post("/first").header("x-a", "y").body("hello").send().await;
    assert_eq!(answer.text(), "hello 1");
}

#[tokio::test]
async fn connect_info_has_the_peer_address() {
    assert_eq!(TestApp::new(app()).get("/peer").send().await.text(), "127.0.0.1");
    let app = wire::run(app()).await;
    assert_eq!(app.http1(wire::get("/peer")).await.1, "127.0.0.1");
}

/// A value with rules, which also implements `FromStr`.
#[derive(Deserialize, Validate)]
struct Code(#[validate(length(equal = 2))] String);

impl std::str::FromStr for Code {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

#[get("/numbers/{number}")]
async fn number(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[get("/uuids/{id}")]
async fn by_uuid(id: Path<uuid::Uuid>, headers: HeaderMap) -> String {
    format!("{} {}", id.0, headers.len())
}

#[get("/codes/{code}")]
async fn code(Path(code): Path<Code>) -> String {
    code.0
}

#[get("/pairs/{one}/{other}")]
async fn pair(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[get("/none")]
async fn none(id: Path<Word>) -> String {
    id.0.0
}

/// A value without rules that is no scalar to the macro.
#[derive(Deserialize)]
struct Word(String);

impl std::str::FromStr for Word {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

#[get("/tuples/{one}/{other}")]
async fn tuple(Path((one, other)): Path<(u64, Word)>) -> String {
    format!("{one} {}", other.0)
}

#[get("/long-tuples/{one}/{other}")]
async fn long_tuple(path: Path<(u64, u64, u64)>) -> String {
    path.0.0.to_string()
}

async fn get(path: &str) -> (u16, Value) {
    let app = TestApp::new(App::with_routes(routes![number, by_uuid, code, tuple]));
    let answer = app.get(path).send().await;
    let body = answer.text().to_owned();
    (answer.status().as_u16(), serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

#[tokio::test]
async fn path_of_one_value_is_the_only_placeholder() {
    assert_eq!(get("/numbers/18446744073709551615").await, (200, Value::from(u64::MAX)));
    let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    assert_eq!(get(&format!("/uuids/{id}")).await, (200, Value::from(format!("{id} 0"))));
    for path in ["/numbers/-1", "/numbers/18446744073709551616", "/uuids/7"] {
        let (status, problem) = get(path).await;
        let pointer = if path.starts_with("/uuids") { "id" } else { "number" };
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &Value::from(pointer)), "{path}: {problem}");
    }
    assert_eq!(get("/tuples/1/b").await, (200, Value::from("1 b")));
    let (status, problem) = get("/tuples/x/b").await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &Value::from("one")), "{problem}");
}

#[test]
fn path_of_another_number_of_values_is_a_startup_error() {
    let routes = routes![pair, none, long_tuple, tuple, number];
    let error = App::with_routes(routes).into_router().unwrap_err();
    let problems = error.problems();
    assert_eq!(problems.len(), 3, "{error}");
    for (problem, text) in problems.iter().zip([
        "`Path<(u64, u64, u64)>` takes a path with 3 placeholders, and `/long-tuples/{one}/{other}` has 2; write \
         `Path<(u64, u64)>`, or",
        "Word>` takes a path with one placeholder, and `/none` has 0; leave the argument out, or",
        "`Path<u64>` takes a path with one placeholder, and `/pairs/{one}/{other}` has 2; write `Path<(u64, u64)>`, or",
    ]) {
        assert_eq!((problem.code(), problem.locations().len()), ("path-values", 1));
        assert!(problem.to_string().contains(text), "{problem}");
    }
}

#[tokio::test]
async fn path_of_a_value_with_rules_is_validated() {
    assert_eq!(get("/codes/de").await, (200, Value::from("de")));
    assert_eq!(get("/codes/deu").await.0, 422);
}

#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[serde(default)]
    #[validate(nested)]
    order_lines: Vec<Line>,
    #[serde(default)]
    page: u32,
}

#[derive(Deserialize, Validate)]
struct Line {
    #[validate(range(min = 1))]
    amount: u8,
}

#[post("/leftover/{id}")]
async fn leftover(
    axum::extract::Path(id): axum::extract::Path<u32>,
    query: axum::extract::Query<Order>,
    order: axum::Json<Order>,
) -> String {
    format!("{id} {} {}", order.order_lines.iter().map(|line| line.amount).sum::<u8>(), query.page)
}

#[post("/leftover-form")]
async fn leftover_form(order: axum::Form<Order>) -> String {
    order.page.to_string()
}

#[get("/leftover-pairs/{one}/{other}")]
async fn leftover_pairs(axum::extract::Path((one, other)): axum::extract::Path<(u32, u32)>) -> String {
    format!("{one} {other}")
}

#[tokio::test]
async fn leftover_extractor_of_axum_is_a_warning() {
    let app = TestApp::new(App::with_routes(routes![leftover, leftover_form, leftover_pairs, foreign_json, mixed]));
    let warnings = app.table().warnings();
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
    for (warning, parts) in warnings.iter().zip([
        ["POST /leftover-form", "takes `order` with axum's `Form`", "Order`; write `routekit::Form`"],
        ["POST /leftover/{id}", "takes `query` with axum's `Query`", "Order`; write `routekit::Query`"],
        ["POST /leftover/{id}", "takes `order` with axum's `Json`", "Order`; write `routekit::Json`"],
    ]) {
        assert!(parts.iter().all(|part| warning.contains(part)), "{warning}");
    }
    let answer = app.post("/leftover/7").json(&serde_json::json!({ "orderLines": [{ "amount": 0 }] })).send().await;
    assert_eq!(answer.text(), "7 0 0");
}

#[tokio::test]
async fn rejections_of_axum_name_the_field_and_not_the_value() {
    let app = TestApp::new(App::with_routes(routes![leftover, leftover_form, leftover_pairs]));
    let body = serde_json::json!({ "orderLines": [{ "amount": 1 }, { "amount": "hunter2" }] });
    let form = |body: &'static str| {
        app.post("/leftover-form").header("content-type", "application/x-www-form-urlencoded").body(body).send()
    };
    let good = serde_json::json!({});
    for (answer, status, pointer, detail) in [
        (
            app.post("/leftover/7").json(&body).send().await,
            422,
            "/orderLines/1/amount",
            "Failed to deserialize the JSON body into the target type",
        ),
        (
            app.post("/leftover/7?page=hunter2").json(&good).send().await,
            400,
            "page",
            "Failed to deserialize query string",
        ),
        (form("page=hunter2").await, 422, "page", "Failed to deserialize form body"),
        (
            app.post("/leftover/hunter2").json(&good).send().await,
            400,
            "",
            "the input must be an integer from 0 to 4294967295",
        ),
        (
            app.get("/leftover-pairs/1/hunter2").send().await,
            400,
            "1", // axum knows the index only
            "`1` must be an integer from 0 to 4294967295",
        ),
    ] {
        assert_eq!(answer.status(), status, "{}", answer.text());
        let mut problem: Value = answer.json();
        problem.as_object_mut().unwrap().remove("instance"); // the URL that the client itself sent
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
        assert_eq!((&problem["errors"][0]["pointer"], &problem["detail"]), (&pointer.into(), &detail.into()));
    }
}
