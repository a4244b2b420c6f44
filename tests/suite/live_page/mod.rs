//! The live page: its document, its stream of events, and both in a real browser.

pub(crate) mod browser;

use std::{net::SocketAddr, time::Duration};

use axum::{body::Body, extract::Request};
use http::StatusCode;
use http_body_util::BodyExt;
use routekit::{
    config::AdminAddr,
    health::{HealthCheck, HealthCheckResult},
    prelude::*,
    test::TestApp,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::browser::Browser;
use crate::wire::{self, Running};

#[get("/live/users/{id}", timeout = "2s")]
async fn user(id: u32) -> String {
    id.to_string()
}

#[get("/live/catalogue/categories/{category}/products", cache(ttl = "60s", vary("accept-language")), timeout = "2s")]
async fn products(category: String) -> String {
    category
}

#[post("/live/orders", body_limit = "64KiB", concurrency = 8)]
async fn order() -> StatusCode {
    StatusCode::CREATED
}

#[get("/live/prices", breaker(name = "prices <b>"))]
async fn prices() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

fn app() -> App {
    App::with_routes(routes![user, products, order, prices])
        .health(HealthCheck::new("database", async || HealthCheckResult::healthy()))
        .health(HealthCheck::new("payments", async || HealthCheckResult::degraded("<i>slow</i> & late")))
        .configure(|config| {
            config.set_explain_requests(20);
            config.set_admin_addr(AdminAddr::Own(([127, 0, 0, 1], 0).into()));
        })
}

/// The app, and the address of its admin surface.
async fn run() -> (Running, SocketAddr) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    (wire::run(app().admin_listener(listener)).await, addr)
}

async fn load(app: &Running) {
    for number in 0..40 {
        app.http1(wire::get(&format!("/live/users/{number}"))).await;
        app.http1(wire::get(&format!("/live/catalogue/categories/{}/products", number % 4))).await;
        app.http1(Request::post("/live/orders").header("host", "localhost").body(Body::empty()).unwrap()).await;
        if number % 2 == 0 {
            app.http1(wire::get("/live/prices")).await;
        }
        if number % 10 == 0 {
            app.http1(wire::get("/live/nothing")).await;
        }
    }
}

/// The page in a browser, after its first event.
async fn open(name: &str, admin: SocketAddr) -> Option<Browser> {
    let mut browser = Browser::start(name).await?;
    browser.resize(1280, 800).await;
    browser.call("Page.navigate", json!({ "url": format!("http://{admin}/") })).await;
    next_event(&mut browser).await;
    Some(browser)
}

/// Waits until the page has shown figures that are newer than this call.
async fn next_event(browser: &mut Browser) {
    let shown = browser.value("Number(document.body?.dataset.events) || 0").await;
    let more = if shown == 0 { 1 } else { shown.as_u64().unwrap() + 2 };
    browser.until(&format!("Number(document.body?.dataset.events) >= {more}")).await;
}

/// The numbers that the page shows in an element, in order.
async fn figures(browser: &mut Browser, selector: &str) -> Vec<f64> {
    let numbers = format!("[...document.querySelectorAll('{selector} data')].map((figure) => Number(figure.value))");
    browser.value(&numbers).await.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

async fn json_of(app: &Running, admin: SocketAddr, path: &str) -> Value {
    let request = Request::get(path).header("host", "localhost").header("accept", "application/json");
    let (parts, text) = app.at(admin).http1(request.body(Body::empty()).unwrap()).await;
    assert_eq!(parts.status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

fn numbers(object: &Value, names: &[&str]) -> Vec<f64> {
    names.iter().filter_map(|name| object.pointer(&format!("/{name}")).and_then(Value::as_f64)).collect()
}

#[tokio::test]
async fn page_in_a_browser_shows_the_figures_of_the_json() {
    let (app, admin) = run().await;
    let Some(mut browser) = open("live-page-figures", admin).await else { return };
    browser.picture("empty").await;
    load(&app).await;
    next_event(&mut browser).await;
    browser.picture("under-load").await;
    browser.value("close()").await;
    let event = browser.last_event();

    let system = [
        "cpu/usage",
        "cpu/machineUsage",
        "memory/used",
        "memory/free",
        "memory/heapUsed",
        "runtime/delay",
        "runtime/utilization",
        "runtime/tasks",
        "runtime/queueDepth",
    ];
    assert_eq!(figures(&mut browser, "#system").await, numbers(&event["system"], &system));

    let document = json_of(&app, admin, "/metrics").await;
    let names = [
        "requestsPerSecond",
        "totalRequests",
        "responseTimeMetrics/median",
        "responseTimeMetrics/p95",
        "responseTimeMetrics/p99",
        "serverFailures",
    ];
    let routes = document["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 5, "{document}");
    for route in routes {
        let key = route["routeKey"].as_str().unwrap();
        let shown = figures(&mut browser, &format!("[data-route=\"{key}\"]")).await;
        let mut expected = numbers(route, &names);
        // It changes with time.
        assert!((shown[0] - expected[0]).abs() < 1.0, "{key}");
        expected[0] = shown[0];
        assert_eq!(shown, expected, "{key}");
    }
    assert_eq!(figures(&mut browser, r#"[data-route="GET:/live/prices:default"]"#).await[5], 20.0);
    let failures = "document.querySelector('[data-route=\"GET:/live/prices:default\"] svg').getAttribute('aria-label')";
    assert_eq!(browser.value(failures).await, "20 of 20 requests failed");

    let cache = json_of(&app, admin, "/cache/stats").await;
    let names = ["hitRate", "hits", "misses", "entries", "bytes", "evictions"];
    assert_eq!(figures(&mut browser, "#cache").await, numbers(&cache, &names));
    assert_eq!(event["cache"]["hits"], 36);

    let breaker = &json_of(&app, admin, "/breakers").await[0];
    let names = ["failureRate", "requestCount", "opened", "rejected"];
    assert_eq!(figures(&mut browser, "#breakers").await, numbers(breaker, &names));
    let texts = "[...document.querySelectorAll('#breakers li, #health li')].map((row) => row.innerText)";
    let texts = browser.value(texts).await;
    let texts: Vec<&str> = texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let expected = [
        "open prices <b> failures 100 % of 10, opened 1, refused 10",
        "healthy database",
        "degraded payments <i>slow</i> & late",
    ];
    for text in expected {
        assert!(texts.iter().any(|shown| shown.trim() == text), "{text}: {texts:?}");
    }

    let requests = json_of(&app, admin, "/requests?limit=12").await;
    let durations: Vec<f64> =
        requests["requests"].as_array().unwrap().iter().map(|row| row["durationMs"].as_f64().unwrap()).collect();
    assert_eq!(durations.len(), 12);
    assert_eq!(figures(&mut browser, "#requests").await, durations);

    let own = format!("http://{admin}/");
    let (inside, elsewhere): (Vec<&str>, Vec<&str>) =
        browser.requested().into_iter().partition(|url| url.starts_with(&own));
    assert!(inside.len() >= 4, "{inside:?}");
    // Only some versions report the icon, which is in the page itself.
    assert!(elsewhere.iter().all(|url| *url == "data:,"), "{elsewhere:?}");
    assert_eq!(browser.console(), Vec::<&Value>::new());
}

#[tokio::test]
async fn page_of_an_app_with_default_settings_asks_for_nothing_that_is_absent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin = listener.local_addr().unwrap();
    let _app = wire::run(App::with_routes(routes![user]).admin_listener(listener)).await;
    let Some(mut browser) = open("live-page-defaults", admin).await else { return };
    next_event(&mut browser).await;
    browser.picture("defaults").await;
    assert_eq!(browser.value("document.getElementById('requests').hidden").await, true);
    assert_eq!(browser.value("document.getElementById('alert-list').innerText").await, "None.");
    let alert = json!({
        "id": "slow_route:GET:/users", "type": "slow_route", "severity": "critical", "snoozedUntil": null,
        "message": "GET /users takes 2.4 s <b>on average</b>", "timestamp": "2030-01-01T00:00:00.000Z",
    });
    browser.value(&format!("close(); showAlerts([{alert}])")).await;
    browser.picture("with-alert").await;
    let text = browser.value("document.querySelector('#alert-list li').innerText").await;
    assert!(text.as_str().unwrap().starts_with("critical GET /users takes 2.4 s <b>on average</b> since "), "{text}");
    assert_eq!(browser.console(), Vec::<&Value>::new());
}

#[tokio::test]
async fn page_fits_a_narrow_window_in_both_colour_schemes() {
    let (app, admin) = run().await;
    let Some(mut browser) = open("live-page-narrow", admin).await else { return };
    load(&app).await;
    next_event(&mut browser).await;
    for (scheme, background) in [("light", "rgb(246, 247, 249)"), ("dark", "rgb(17, 20, 23)")] {
        browser.colour_scheme(scheme).await;
        for width in [400, 1280] {
            browser.resize(width, 800).await;
            browser.picture(&format!("{scheme}-{width}")).await;
            let edge = browser.value("document.documentElement.scrollWidth").await;
            assert_eq!(edge, width, "nothing is beyond the edge");
        }
        assert_eq!(browser.value("getComputedStyle(document.body).backgroundColor").await, background);
    }
    assert_eq!(browser.console(), Vec::<&Value>::new());
}

#[tokio::test]
async fn page_is_used_with_the_keyboard_and_stops_when_it_is_hidden() {
    const FOCUSED: &str = "document.activeElement.dataset.sort ?? document.activeElement.tagName";
    let (app, admin) = run().await;
    let Some(mut browser) = open("live-page-keyboard", admin).await else { return };
    load(&app).await;
    let mut reached = Vec::new();
    for _ in 0..8 {
        browser.press("Tab", None).await;
        reached.push(browser.value(FOCUSED).await);
    }
    assert_eq!(reached, ["name", "rate", "total", "p50", "p95", "p99", "failures", "SUMMARY"]);
    browser.press("Enter", Some("\r")).await;
    assert_eq!(browser.value("document.querySelectorAll('details[open]').length").await, 1);
    next_event(&mut browser).await;
    assert_eq!(browser.value("document.activeElement.closest('details').open").await, true, "an event changes nothing");
    browser.value("document.querySelector('[data-sort=p99]').focus()").await;
    browser.press("Enter", Some("\r")).await;
    let sorted = "document.querySelector('[data-sort=p99]').closest('th').getAttribute('aria-sort')";
    assert_eq!(browser.value(sorted).await, "descending");

    let hide = "Object.defineProperty(document, 'hidden', { value: HIDDEN, configurable: true }); \
                document.dispatchEvent(new Event('visibilitychange'))";
    browser.value(&hide.replace("HIDDEN", "true")).await;
    assert_eq!(browser.value("source === null").await, true, "the stream is closed");
    assert_eq!(browser.value("document.getElementById('connection').textContent").await, "Paused");
    browser.value(&hide.replace("HIDDEN", "false")).await;
    next_event(&mut browser).await;
    assert_eq!(browser.value("document.getElementById('connection').textContent").await, "Live");
    assert_eq!(browser.console(), Vec::<&Value>::new());
}

#[tokio::test]
async fn page_allows_only_its_own_script_and_style() {
    let page = TestApp::new(app()).admin().get("/").send().await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    for part in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "script-src 'sha256-"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    let text = page.text();
    for (tag, number) in [("<script", 1), ("<style", 1), (" style=", 0), (" onclick=", 0), ("innerHTML", 0), ("://", 1)]
    {
        assert_eq!(text.matches(tag).count(), number, "{tag}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_sent_every_two_seconds_after_what_has_happened_before() {
    let app = TestApp::new(app());
    assert_eq!(app.get("/live/prices").send().await.status(), 502);
    let response = app.admin().call(Request::get("/events").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let start = tokio::time::Instant::now();
    for number in 0..3 {
        let event = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(2 * number));
        let mut text = std::str::from_utf8(&event).unwrap();
        if number == 0 {
            let (history, rest) = text.split_once("\n\n").unwrap();
            let history = history.strip_prefix("event: history\ndata: ").unwrap();
            let history: Value = serde_json::from_str(history).unwrap();
            let slots = history["routes"]["GET:/live/prices:default"].as_array().unwrap();
            assert_eq!((slots.len(), &slots[0][1], &slots[0][2]), (1, &json!(1), &json!(1)), "{history}");
            text = rest;
        }
        let json = text.strip_prefix("data: ").and_then(|text| text.strip_suffix("\n\n")).unwrap();
        let event: Value = serde_json::from_str(json).unwrap();
        assert_eq!((&event["ready"], &event["health"]["status"]), (&json!(true), &json!("degraded")));
    }
}

#[tokio::test]
async fn only_so_many_streams_are_open_at_once() {
    let app = TestApp::new(app()).admin();
    let open = async || app.call(Request::get("/events").body(Body::empty()).unwrap()).await;
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(open().await);
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    let refused = open().await;
    assert_eq!(
        (refused.status(), refused.headers()["retry-after"].to_str().unwrap()),
        (StatusCode::SERVICE_UNAVAILABLE, "10")
    );
    drop(streams);
    assert_eq!(open().await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn stream_ends_when_the_app_closes() {
    let app = app();
    let shutdown = app.shutdown();
    let response = TestApp::new(app).admin().call(Request::get("/events").body(Body::empty()).unwrap()).await;
    let mut body = response.into_body();
    assert!(body.frame().await.is_some());
    shutdown.begin("the test ends");
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn open_stream_does_not_hold_up_a_shutdown() {
    let (mut app, admin) = run().await;
    let mut stream = tokio::net::TcpStream::connect(admin).await.unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut received = [0; 4096];
    let length = stream.read(&mut received).await.unwrap();
    assert!(received[..length].starts_with(b"HTTP/1.1 200"));
    app.stop();
    tokio::time::timeout(Duration::from_secs(5), app.stopped()).await.unwrap().unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn page_is_absent_beside_the_routes() {
    let beside = TestApp::new(app().configure(|config| {
        config.set_admin_addr(AdminAddr::Main);
        // Every client could read them there.
        config.set_explain_requests(0);
    }));
    for path in ["/", "/events"] {
        assert_eq!(beside.get(path).send().await.status(), 404, "{path}");
    }
    let app = TestApp::new(app());
    assert_eq!(app.get("/").send().await.status(), 404, "not for clients");
}
