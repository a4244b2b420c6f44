//! Circuit breakers of routes.

use std::{future::pending, sync::Arc};

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::StatusCode;
use routekit::{ManualClock, breaker::Outcome, cache::Cache, prelude::*, test::TestApp};
use serde_json::Value;

use super::SECOND;
use crate::support::Runs;
use crate::wire;

#[get("/b/answers/{how}", breaker, timeout = "1s")]
async fn answers(how: String, runs: Dep<Runs>) -> Response {
    runs.next();
    match how.as_str() {
        "panic" => panic!("as it should"),
        "hang" => pending().await,
        status => StatusCode::from_u16(status.parse().unwrap()).unwrap().into_response(),
    }
}

/// Succeeds once, then fails.
#[get("/b/page", breaker, cache(ttl = 10, stale_if_error = 600))]
async fn page(runs: Dep<Runs>) -> Result<&'static str> {
    match runs.next() - 1 {
        0 => Ok("old"),
        _ => Err(Problem::internal(std::io::Error::other("down"))),
    }
}

#[get("/b/helped", breaker(fallback = stand_in))]
async fn helped() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

#[get("/b/helped-page", breaker(fallback = stand_in), cache(ttl = 10, stale_if_error = 100))]
async fn helped_page(runs: Dep<Runs>) -> (StatusCode, &'static str) {
    match runs.next() - 1 {
        0 => (StatusCode::OK, "old"),
        _ => (StatusCode::BAD_GATEWAY, ""),
    }
}

/// A fallback that takes the handler's arguments.
async fn stand_in(uri: http::Uri, runs: Dep<Runs>) -> String {
    format!("in place of {uri} after {} runs", runs.count())
}

#[get("/b/says", breaker)]
async fn says() -> (StatusCode, axum::Extension<Outcome>) {
    (StatusCode::INTERNAL_SERVER_ERROR, axum::Extension(Outcome::Success))
}

fn start() -> (TestApp, ManualClock, Arc<Runs>) {
    let (clock, runs) = (ManualClock::new(), Arc::new(Runs::default()));
    let app = App::with_routes(routes![answers, page, helped, helped_page, says]);
    let app = app.cache(Cache::builder().ttl_jitter(0.0)).provide_shared(Arc::clone(&runs));
    (TestApp::builder(app).clock(clock.clock()).build(), clock, runs)
}

async fn statuses(app: &TestApp, path: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(app.get(path).send().await.status().as_u16());
    }
    statuses
}

/// The document that the admin surface shows for the route's breaker.
async fn snapshot(app: &TestApp, route: &str) -> Value {
    let name = route.replace(' ', "%20").replace('{', "%7B").replace('}', "%7D");
    let answer = app.admin().get(&format!("/breakers/{name}")).send().await;
    assert_eq!(answer.status(), 200, "{name}");
    answer.json()
}

const ANSWERS: &str = "GET /b/answers/{how}";

#[tokio::test]
async fn open_route_answers_503_with_retry_after_without_its_handler() {
    let (app, clock, runs) = start();
    assert_eq!(statuses(&app, "/b/answers/500", 12).await, [vec![500; 10], vec![503; 2]].concat());
    assert_eq!(runs.count(), 10);
    clock.advance(SECOND / 10);
    let refused = app.get("/b/answers/200").send().await;
    assert_eq!((refused.status(), refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("60")));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(refused.json::<Value>()["instance"], "/b/answers/200");
    assert_eq!(runs.count(), 10, "no handler has run");
    assert_eq!(app.get("/health/live").send().await.status(), 200);
    assert_eq!(app.get("/health/ready").send().await.status(), 200);
    clock.advance(60 * SECOND);
    assert_eq!(statuses(&app, "/b/answers/200", 2).await, [200, 200]);
    let snapshot = snapshot(&app, ANSWERS).await;
    assert_eq!(
        (&snapshot["state"], &snapshot["opened"], &snapshot["rejected"]),
        (&"closed".into(), &1.into(), &3.into())
    );
}

#[tokio::test(start_paused = true)]
async fn statuses_5xx_timeouts_and_panics_are_failures() {
    for (how, status) in [("500", 500), ("503", 503), ("panic", 500), ("hang", 504)] {
        let (app, _, runs) = start();
        let expected = [vec![status; 10], vec![503]].concat();
        assert_eq!(statuses(&app, &format!("/b/answers/{how}"), 11).await, expected, "{how}");
        assert_eq!(runs.count(), 10);
    }
}

#[tokio::test]
async fn panic_is_a_500_and_counts_as_one_failure() {
    let (app, ..) = start();
    assert_eq!(app.get("/b/answers/panic").send().await.status(), 500);
    assert_eq!(snapshot(&app, ANSWERS).await["failureCount"], 1);
    assert_eq!(app.get("/b/answers/200").send().await.status(), 200);
}

#[tokio::test]
async fn a_thousand_4xx_leave_the_breaker_closed() {
    let (app, ..) = start();
    for status in [400, 404, 422, 429] {
        assert_eq!(statuses(&app, &format!("/b/answers/{status}"), 250).await, vec![status; 250]);
    }
    let snapshot = snapshot(&app, ANSWERS).await;
    assert_eq!((&snapshot["state"], &snapshot["successCount"]), (&"closed".into(), &1000.into()));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_clients_that_leave_do_not_open_the_breaker() {
    let (app, _, runs) = start();
    for _ in 0..1000 {
        assert!(app.get("/b/answers/hang").send().now_or_never().is_none());
    }
    assert_eq!(runs.count(), 1000);
    let snapshot = snapshot(&app, ANSWERS).await;
    assert_eq!((&snapshot["state"], &snapshot["requestCount"]), (&"closed".into(), &0.into()));
    assert_eq!(app.get("/b/answers/200").send().await.status(), 200);
}

#[tokio::test]
async fn failures_over_130_connections_open_the_breaker() {
    let app = App::with_routes(routes![answers]).provide(Runs::default());
    let app = wire::run(app).await;
    let mut statuses = Vec::new();
    for _ in 0..130 {
        statuses.push(app.http1(wire::get("/b/answers/500")).await.0.status.as_u16());
    }
    assert_eq!(statuses, [vec![500; 10], vec![503; 120]].concat());
}

#[tokio::test]
async fn open_route_with_stale_if_error_serves_the_stale_response() {
    let (app, clock, runs) = start();
    assert_eq!(app.get("/b/page").send().await.header("x-cache"), Some("MISS"));
    clock.advance(20 * SECOND);
    for request in 0..15 {
        let answer = app.get("/b/page").send().await;
        assert_eq!((answer.status().as_u16(), answer.header("x-cache")), (200, Some("STALE")), "request {request}");
        assert_eq!(answer.text(), "old");
    }
    let snapshot = snapshot(&app, "GET /b/page").await;
    assert_eq!((&snapshot["state"], &snapshot["rejected"]), (&"open".into(), &6.into()));
    assert_eq!(runs.count(), 10, "six were answered without the handler");
}

#[tokio::test]
async fn open_route_with_a_fallback_serves_the_fallback() {
    let (app, ..) = start();
    assert_eq!(statuses(&app, "/b/helped", 10).await, vec![502; 10]);
    let helped = app.get("/b/helped").send().await;
    assert_eq!((helped.status().as_u16(), helped.text()), (200, "in place of /b/helped after 0 runs"));
}

#[tokio::test]
async fn fallback_response_is_not_stored_and_a_stale_response_wins() {
    let (app, clock, runs) = start();
    let ask = async |expected: (&str, &str)| {
        let answer = app.get("/b/helped-page").send().await;
        assert_eq!((answer.header("x-cache").unwrap_or_default(), answer.text()), expected);
    };
    ask(("MISS", "old")).await;
    clock.advance(20 * SECOND);
    for _ in 0..11 {
        ask(("STALE", "old")).await;
    }
    assert_eq!(runs.count(), 10, "it is open");
    clock.advance(30 * SECOND);
    ask(("STALE", "old")).await;
    runs.set(1);
    // Later than `stale_if_error` allows, with the breaker open again.
    clock.advance(61 * SECOND);
    for expected in ["", "in place of /b/helped-page after 2 runs", "in place of /b/helped-page after 2 runs"] {
        ask(("MISS", expected)).await;
    }
}

#[tokio::test]
async fn outcome_extension_of_a_response_overrides_its_status() {
    let (app, ..) = start();
    assert_eq!(statuses(&app, "/b/says", 50).await, vec![500; 50]);
    assert_eq!(snapshot(&app, "GET /b/says").await["successCount"], 50);
}

#[test]
fn explanation_shows_breaker_settings() {
    let (app, ..) = start();
    let table = app.table();
    let said = table.explain("GET /b/helped").unwrap().to_string();
    let expected = "breaker           breaker = failure_rate 0.5, window 60s, min_calls 10, open_for 60s, \
                    half_open_calls 1, fallback";
    assert!(said.contains(expected), "{said}");
    assert!(said.find("concurrency ").unwrap() < said.find("breaker ").unwrap());
}
