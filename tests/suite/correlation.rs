//! Correlation ids.

use std::sync::{LazyLock, Mutex};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use routekit::{correlation::CorrelationId, prelude::*, test::TestApp};
use serde_json::Value;

use crate::logs;

#[get("/c/id")]
async fn id(id: CorrelationId) -> String {
    id.to_string()
}

/// One problem that answers every request, as a cache or a static would.
#[get("/c/shared")]
async fn shared() -> Problem {
    static SHARED: LazyLock<Problem> = LazyLock::new(|| Problem::not_found("nothing here"));
    SHARED.clone()
}

/// A shared response with its problem.
#[get("/c/stored")]
async fn stored(stored: Dep<Mutex<Option<(StatusCode, Problem)>>>) -> Response {
    let mut stored = stored.lock().unwrap();
    stored.get_or_insert_with(|| (StatusCode::GONE, Problem::not_found("it was here"))).clone().into_response()
}

fn app() -> TestApp {
    TestApp::new(App::with_routes(routes![id, shared, stored]).provide(Mutex::new(None::<(StatusCode, Problem)>)))
}

const ECHO: &str = "x-correlation-id";

#[tokio::test]
async fn correlation_id_is_the_same_in_header_problem_and_log() {
    let app = app();
    let answer = app.get("/c/id").header("x-correlation-id", "abc-1").header("x-request-id", "other").send().await;
    assert_eq!((answer.text(), answer.header(ECHO)), ("abc-1", Some("abc-1")));
    let answer = app.get("/c/id").header("x-request-id", "r.2").send().await;
    assert_eq!((answer.text(), answer.header(ECHO)), ("r.2", Some("r.2")));

    for (name, id) in [("a quote", "a\"b"), ("too long", &*"x".repeat(129)), ("empty", "")] {
        let answer = app.get("/c/id").header("x-correlation-id", id).send().await;
        let made = answer.header(ECHO).unwrap();
        assert_eq!(answer.text(), made, "{name}");
        assert_eq!(uuid::Uuid::parse_str(made).unwrap().get_version_num(), 7, "{name}");
    }
    let (one, two) = (app.get("/c/id").send().await, app.get("/c/id").send().await);
    assert_ne!(one.text(), two.text());
}

#[tokio::test]
async fn shared_problem_has_the_id_of_each_request() {
    let app = app();
    for path in ["/c/shared", "/c/stored", "/c/nothing", "/c/id/deeper"] {
        for id in ["one", "two"] {
            let answer = app.get(path).header("x-correlation-id", id).send().await;
            let problem: Value = answer.json();
            assert_eq!(problem["correlationId"], id, "{path}");
            assert_eq!(problem["instance"], path);
            assert_eq!(answer.header(ECHO), Some(id), "{path}");
        }
    }
}

#[test]
fn request_span_has_opentelemetry_fields() {
    let ((), lines) = logs::caught(async {
        let request = app().get("/c/id?secret=1").header("x-correlation-id", "abc-1");
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(request.header("traceparent", trace).send().await.status(), 200);
    });
    let fields: Vec<String> = lines.into_iter().flat_map(|line| line.fields).collect();
    for field in [
        "http.request.method=\"GET\"",
        "url.path=\"/c/id\"",
        "correlation_id=\"abc-1\"",
        "trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"",
        "http.response.status_code=200",
    ] {
        assert_eq!(fields.iter().filter(|recorded| *recorded == field).count(), 1, "{field} in {fields:?}");
    }
    assert!(!fields.concat().contains("secret"), "no query string: {fields:?}");
}
