//! One id for everything that happens because of a request.

use std::sync::{Arc, LazyLock, Mutex};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use routekit::{correlation::CorrelationId, prelude::*, test::TestApp};
use serde_json::Value;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

#[get("/c/id")]
async fn id(id: CorrelationId) -> String {
    id.to_string()
}

/// One problem that every request is answered with, as a cache or a static would.
#[get("/c/shared")]
async fn shared() -> Problem {
    static SHARED: LazyLock<Problem> = LazyLock::new(|| Problem::not_found("nothing here"));
    SHARED.clone()
}

/// A whole response that is shared: the problem travels with it.
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
async fn the_id_is_the_same_everywhere() {
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
async fn a_problem_has_the_id_of_its_request_and_of_no_other() {
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

/// Keeps the fields of spans, as text.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Visit for Recorder {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("routekit")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn one_span_with_the_fields_of_opentelemetry() {
    let recorder = Recorder::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(recorder.clone(), || {
        runtime.block_on(async {
            let request = app().get("/c/id?secret=1").header("x-correlation-id", "abc-1");
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            assert_eq!(request.header("traceparent", trace).send().await.status(), 200);
        });
    });
    let fields = recorder.0.lock().unwrap().clone();
    for field in [
        "http.request.method=GET",
        "url.path=\"/c/id\"",
        "correlation_id=\"abc-1\"",
        "trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"",
        "http.response.status_code=200",
    ] {
        assert_eq!(fields.iter().filter(|recorded| *recorded == field).count(), 1, "{field} in {fields:?}");
    }
    assert!(!fields.concat().contains("secret"), "no query string: {fields:?}");
}
