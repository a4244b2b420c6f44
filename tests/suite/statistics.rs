//! Statistics of routes, the JSON of `/metrics`, and the report.

use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use routekit::{
    ManualClock,
    performance::{Metrics, TimeRange},
    prelude::*,
    test::TestApp,
};
use serde_json::Value;

/// Moves the clock by the duration in the path, and answers with the status.
#[get("/busy/{millis}/{status}", tags("busy"), version = "v2", slow = "1s")]
async fn busy(millis: u64, status: u16, clock: Dep<ManualClock>) -> StatusCode {
    clock.advance(Duration::from_millis(millis));
    StatusCode::from_u16(status).unwrap()
}

#[get("/stuck", timeout = "1s", breaker(min_calls = 1000))]
async fn stuck(clock: Dep<ManualClock>) {
    clock.advance(Duration::from_secs(2));
    std::future::pending::<()>().await;
}

#[get("/varied", cache(ttl = 60))]
async fn varied() -> &'static str {
    "varied"
}

#[get("/own")]
async fn own(metrics: Dep<Metrics>) -> String {
    metrics.route_metrics_of("GET:/own:default").map(|route| route.total_requests.to_string()).unwrap_or_default()
}

fn app() -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    let app = App::with_routes(routes![busy, stuck, varied, own]).clock(clock.clock()).provide(clock.clone());
    (TestApp::new(app), clock)
}

async fn json(app: &TestApp, path: &str) -> Value {
    let response = app.admin().get(path).header("accept", "application/json").send().await;
    assert_eq!(response.status(), 200, "{path}");
    response.json()
}

/// The statistics of a route in the document.
async fn route(app: &TestApp, key: &str) -> Value {
    let mut document = json(app, &format!("/metrics?route={key}")).await;
    assert_eq!(document["routes"].as_array().unwrap().len(), 1);
    document["routes"][0].take()
}

async fn status_of(app: &TestApp, path: &str) -> StatusCode {
    app.get(path).send().await.status()
}

#[tokio::test]
async fn statistics_have_every_field_of_a_route() {
    let (app, clock) = app();
    for (millis, status) in [(10, 200), (20, 204), (30, 404), (40, 404), (2_000, 500)] {
        assert_eq!(status_of(&app, &format!("/busy/{millis}/{status}")).await, status);
    }
    app.request(Method::HEAD, "/busy/50/200").send().await;
    clock.advance(Duration::from_secs(5));
    let mut route = route(&app, "GET:/busy/{millis}/{status}:v2").await;
    let times = route["responseTimeMetrics"].take();
    assert_eq!(
        route,
        serde_json::json!({
            "routeKey": "GET:/busy/{millis}/{status}:v2", "method": "GET", "path": "/busy/{millis}/{status}",
            "version": "v2", "totalRequests": 6, "successfulRequests": 3, "failedRequests": 3, "serverFailures": 1,
            "cancelledRequests": 0, "errorsByCode": { "404": 2, "500": 1 }, "responseTimeMetrics": null,
            "requestsPerSecond": 6.0 / 7.15, "lastRequest": "2030-01-01T00:00:07.150Z", "slowRequests": 1,
            "memoryUsage": null,
            "tags": ["busy"],
        })
    );
    assert_eq!((&times["min"], &times["max"]), (&10.0.into(), &2_000.0.into()));
    assert!((times["mean"].as_f64().unwrap() - 2_150.0 / 6.0).abs() < 0.001, "{times}");
    for (name, exact) in [("median", 40.0), ("p95", 2_000.0), ("p99", 2_000.0)] {
        let (found, bound) = (times[name].as_f64().unwrap(), times["errorBound"].as_f64().unwrap());
        assert!((found - exact).abs() <= exact * bound, "{name}: {times}");
    }
}

#[tokio::test(start_paused = true)]
async fn document_counts_timeouts_as_failures_of_the_server_and_shows_all_parts() {
    let (app, _clock) = app();
    assert_eq!(status_of(&app, "/stuck").await, 504);
    assert_eq!(status_of(&app, "/nowhere").await, 404);
    status_of(&app, "/varied").await;
    status_of(&app, "/varied").await;
    let document = json(&app, "/metrics").await;
    let find = |key: &str| document["routes"].as_array().unwrap().iter().find(|route| route["routeKey"] == key);
    let stuck = find("GET:/stuck:default").unwrap();
    assert_eq!((&stuck["serverFailures"], &stuck["errorsByCode"]["504"]), (&1.into(), &1.into()));
    let unmatched = find("unmatched").unwrap();
    assert_eq!((&unmatched["failedRequests"], &unmatched["path"]), (&1.into(), &Value::Null));
    assert_eq!(
        find("GET:/own:default").unwrap()["lastRequest"],
        Value::Null,
        "declared routes are shown from the start"
    );
    let named = route(&app, "GET%20/own").await;
    assert_eq!((&named["routeKey"], &named["requestsPerSecond"]), (&"GET:/own:default".into(), &0.0.into()));
    assert!(!named.to_string().contains("-0.0"), "{named}");
    assert_eq!(find("ANY:/own:default"), None, "routes that are not declared are not");
    assert_eq!(document["cache"]["hits"], 1);
    assert_eq!(document["alerts"], serde_json::json!([]));
    assert_eq!(document["circuitBreakers"]["GET /stuck"]["state"], "closed");
    assert!(document["system"]["memory"]["total"].as_u64() > document["system"]["memory"]["used"].as_u64());
    assert_eq!(document["startedAt"], "2030-01-01T00:00:00.000Z");
    assert_eq!(document["timestamp"], "2030-01-01T00:00:02.000Z");
}

#[tokio::test]
async fn handler_takes_metrics_as_a_dependency() {
    let (app, _clock) = app();
    app.get("/own").send().await;
    assert_eq!(app.get("/own").send().await.text(), "1");
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let (app, clock) = app();
    clock.advance(Duration::from_secs(31 * 86_400));
    for (path, status, part) in [
        ("/metrics?route=GET:/nowhere:default", 404, "`route`"),
        ("/metrics?rout=a", 400, "rout"),
        ("/metrics/performance?from=yesterday", 400, "`from`"),
        ("/metrics/performance?to=2030-13-01T00:00:00Z", 400, "`to`"),
        ("/metrics/performance?from=2030-01-30T00:00:00Z&to=2030-01-29T00:00:00Z", 400, "`from`"),
        ("/metrics/performance?from=2030-01-01T00:00:00Z", 400, "kept for 30 days"),
        ("/metrics/performance?from=2031-01-01T00:00:00Z&to=2032-01-01T00:00:00Z", 400, "future"),
        ("/metrics/performance?since=1", 400, "since"),
    ] {
        let response = app.admin().get(path).header("accept", "application/json").send().await;
        assert_eq!(response.status(), status, "{path}");
        let problem: Value = response.json();
        assert!(problem["detail"].as_str().unwrap().contains(part), "{path}: {problem}");
    }
    let text = app.admin().get("/metrics?route=GET:/own:default").send().await;
    assert_eq!(text.status(), 400, "the text format has no selection");
}

#[tokio::test(start_paused = true)]
async fn report_is_about_its_window_and_names_what_to_change() {
    let (app, clock) = app();
    for round in 0..30 {
        if round == 15 {
            // The URLs are measured from now on. A server does this every five seconds.
            json(&app, "/metrics").await;
        }
        status_of(&app, "/busy/1500/200").await;
        status_of(&app, "/busy/1500/500").await;
    }
    for _ in 0..30 {
        status_of(&app, "/stuck").await;
    }
    // A server reads its statistics every five seconds.
    json(&app, "/metrics").await;
    // Hours later, one fast request.
    clock.advance(Duration::from_secs(4 * 3_600));
    let began = clock.unix_time();
    status_of(&app, "/own").await;
    clock.advance(Duration::from_secs(60));
    let report = json(&app, "/metrics/performance").await;
    assert_eq!(report["summary"]["totalRequests"], 91);
    assert_eq!(report["summary"]["totalErrors"], 60);
    let slowest = &report["routeMetrics"]["slowestRoutes"];
    assert_eq!(slowest[0]["routeKey"], "GET:/stuck:default");
    assert_eq!(slowest[1]["routeKey"], "GET:/busy/{millis}/{status}:v2");
    assert_eq!(slowest[2], Value::Null, "a fast route is not slow");
    let failing = &report["routeMetrics"]["errorProneRoutes"];
    assert_eq!((&failing[0]["routeKey"], failing.as_array().unwrap().len()), (&"GET:/stuck:default".into(), 2));
    assert_eq!(report["routeMetrics"]["mostUsedRoutes"][0]["totalRequests"], 60);
    let advice: Vec<&str> =
        report["recommendations"].as_array().unwrap().iter().map(|advice| advice.as_str().unwrap()).collect();
    for part in [
        "GET /busy/{millis}/{status}: the mean duration is 1500.0 ms, and it is not cached; consider `cache(ttl = …)`: \
         93.3 % of 30 measured requests repeated a URL",
        "GET /busy/{millis}/{status}: the server failed 30 requests (50.0 %)",
        "GET /stuck: the 99th percentile of ",
        " is near the timeout of 1s",
    ] {
        assert!(advice.iter().any(|advice| advice.contains(part)), "{part}: {advice:?}");
    }
    let from = rfc3339(began);
    let report = json(&app, &format!("/metrics/performance?from={from}")).await;
    assert_eq!(report["summary"]["totalRequests"], 1, "{report}");
    assert_eq!(report["recommendations"], serde_json::json!([]));
}

#[get("/searched", cache(ttl = 60))]
async fn searched() -> &'static str {
    "found"
}

#[tokio::test]
async fn report_says_what_keeps_a_cached_route_from_hits() {
    let app = TestApp::new(App::with_routes(routes![searched]));
    for round in 0..60 {
        if round == 30 {
            json(&app, "/metrics").await;
        }
        status_of(&app, &format!("/searched?page=1&token={round}")).await;
    }
    let report = json(&app, "/metrics/performance").await;
    let expected = "GET /searched: it is cached, but only 0.0 % of 60 requests were hits: the parameter `token` of the \
                    query has a new value in 100.0 % of the requests";
    assert_eq!(report["recommendations"][0], expected, "{report}");
}

/// The time as RFC 3339.
fn rfc3339(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs() - 1_893_456_000;
    format!("2030-01-01T{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[test]
fn range_that_ends_before_it_begins_is_refused() {
    let second = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
    assert!(TimeRange::new(second(1), second(2)).is_ok());
    let error = TimeRange::new(second(2), second(2)).unwrap_err().to_string();
    assert!(error.contains("`from`"), "{error}");
}
