//! Fallbacks: while the breaker is open, and in place of failed calls.

use std::{convert::Infallible, future::pending, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use routekit::{
    ManualClock,
    breaker::{Breakers, CircuitBreaker, HttpBreakerLayer, Outcome},
    cache::Cache,
    prelude::*,
    test::TestApp,
};
use tower::{Layer, ServiceExt, service_fn};

use super::{SECOND, breaker};
use crate::support::Runs;

#[post("/fallback/{how}", breaker(window = 4, fallback_on_error = instead), timeout = "1s", concurrency = 1)]
async fn fails(how: String, body: String, runs: Dep<Runs>) -> Response {
    runs.next();
    match how.as_str() {
        "panic" => panic!("as it should"),
        "hang" => pending().await,
        "claims" => (StatusCode::NOT_FOUND, axum::Extension(Outcome::Failure)).into_response(),
        "fine" => body.into_response(),
        status => StatusCode::from_u16(status.parse().unwrap()).unwrap().into_response(),
    }
}

async fn instead(uri: http::Uri, breakers: Dep<Breakers>, body: String) -> String {
    // Outside the call of the handler, so that a call through the same breaker is a call of its own.
    let state = breakers.get("POST /fallback/{how}").unwrap().state();
    format!("{} of {body:?} while {state}", uri.path())
}

#[get("/fallback/both", breaker(window = 4, fallback = when_open, fallback_on_error = on_error))]
async fn both() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

async fn when_open() -> &'static str {
    "open"
}

async fn on_error() -> &'static str {
    "failed"
}

#[get("/fallback/failing", breaker(window = 4, fallback_on_error = fails_too), timeout = "1s")]
async fn failing() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

async fn fails_too() -> StatusCode {
    pending().await
}

#[get("/fallback/page", breaker(fallback_on_error = on_error), cache(ttl = 10, stale_if_error = 600))]
async fn page(runs: Dep<Runs>) -> (StatusCode, &'static str) {
    match runs.next() {
        1 => (StatusCode::OK, "old"),
        _ => (StatusCode::BAD_GATEWAY, ""),
    }
}

fn start() -> (TestApp, ManualClock, Arc<Runs>) {
    let (clock, runs) = (ManualClock::new(), Arc::new(Runs::default()));
    let app = App::with_routes(routes![fails, both, failing, page]).provide_shared(Arc::clone(&runs));
    let app = app.cache(Cache::builder().ttl_jitter(0.0));
    (TestApp::builder(app).clock(clock.clock()).build(), clock, runs)
}

#[tokio::test(start_paused = true)]
async fn fallback_on_error_answers_in_place_of_failed_calls_and_while_open() {
    for how in ["500", "503", "panic", "hang", "claims"] {
        let (app, _, runs) = start();
        for call in 1..=6 {
            let answer = app.post(&format!("/fallback/{how}")).body("a body").send().await;
            // The handler has read the body of the first four; their failures count before the fallback runs.
            let (body, state) = match call {
                1..=3 => ("", "closed"),
                4 => ("", "open"),
                _ => ("a body", "open"),
            };
            assert_eq!(answer.status(), 200, "{how} {call}");
            assert_eq!(answer.text(), format!("/fallback/{how} of {body:?} while {state}"), "{call}");
        }
        assert_eq!(runs.count(), 4, "{how}");
    }
}

#[tokio::test]
async fn fallback_on_error_leaves_successes_and_refusals_alone() {
    let (app, ..) = start();
    let fine = app.post("/fallback/fine").body("a body").send().await;
    assert_eq!((fine.status(), fine.text()), (StatusCode::OK, "a body"));
    assert_eq!(app.post("/fallback/404").send().await.status(), 404);
    let refused = app.post("/fallback/fine").body(vec![0xff]).send().await;
    assert_eq!(refused.status(), 400, "the body is not text");
}

#[tokio::test]
async fn each_fallback_answers_in_its_case() {
    let (app, ..) = start();
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(app.get("/fallback/both").send().await.text().to_owned());
    }
    assert_eq!(answers, ["failed", "failed", "failed", "failed", "open", "open"]);
}

#[get("/fallback/cached", breaker(window = 400, fallback_on_error = slow), timeout = "1s", cache(ttl = 10))]
async fn cached(runs: Dep<Runs>) {
    runs.next();
    pending::<()>().await;
}

async fn slow() -> ([(&'static str, &'static str); 1], &'static str) {
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    ([("cache-control", "no-store")], "slow")
}

#[tokio::test(start_paused = true)]
async fn fallback_of_a_cached_route_has_the_timeout_again_and_waiters_do_not_all_call_the_handler() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(App::with_routes(routes![cached]).provide_shared(Arc::clone(&runs)));
    let ask = || {
        let app = app.clone();
        async move {
            let answer = app.get("/fallback/cached").send().await;
            (answer.status().as_u16(), answer.text().to_owned())
        }
    };
    assert_eq!(ask().await, (200, "slow".to_owned()));
    let answers = futures_util::future::join_all((0..100).map(|_| ask())).await;
    assert!(answers.iter().all(|(status, _)| [200, 503].contains(status)), "{answers:?}");
    assert!(answers.iter().any(|(_, text)| text == "slow"), "the one that called the handler");
    assert!(runs.count() <= 4, "{} calls", runs.count());
}

#[tokio::test(start_paused = true)]
async fn fallback_on_error_has_the_timeout_of_the_route() {
    let (app, ..) = start();
    assert_eq!(app.get("/fallback/failing").send().await.status(), 504);
}

#[tokio::test]
async fn stale_response_is_served_before_a_fallback_on_error_which_is_not_stored() {
    let (app, clock, runs) = start();
    let text = async || app.get("/fallback/page").send().await.text().to_owned();
    assert_eq!(text().await, "old");
    clock.advance(15 * SECOND);
    assert_eq!((text().await, runs.count()), ("old".to_owned(), 2), "stale");
    clock.advance(600 * SECOND);
    assert_eq!((text().await, runs.count()), ("failed".to_owned(), 3));
    assert_eq!((text().await, runs.count()), ("failed".to_owned(), 4), "not stored");
}

#[tokio::test]
async fn explanation_names_the_fallbacks() {
    let (app, ..) = start();
    for (route, expected) in
        [("POST /fallback/{how}", ", fallback_on_error"), ("GET /fallback/both", ", fallback, fallback_on_error")]
    {
        let explained = app.table().explain(route).unwrap().to_string();
        assert!(explained.contains(expected), "{explained}");
    }
    let policy = both::ROUTE.meta().policies().breaker().unwrap();
    assert!(policy.has_fallback() && policy.has_fallback_on_error());
}

#[tokio::test]
async fn fallback_on_error_of_the_layer_replaces_responses_and_errors() {
    let (breaker, _): (CircuitBreaker, _) = breaker(|b| b);
    let layer = HttpBreakerLayer::new(breaker.clone()).fallback_on_error(on_error);
    let fails =
        layer.layer(service_fn(async |_: Request| Ok::<_, Infallible>(StatusCode::BAD_GATEWAY.into_response())));
    let errors = layer.layer(service_fn(async |_: Request| Err::<Response, _>("no connection")));
    let answers = [
        fails.oneshot(Request::new(Body::empty())).await.unwrap(),
        errors.oneshot(Request::new(Body::empty())).await.unwrap(),
    ];
    for answer in answers {
        assert_eq!(axum::body::to_bytes(answer.into_body(), 100).await.unwrap(), "failed");
    }
    assert_eq!(breaker.snapshot().failure_count, 2);
}
