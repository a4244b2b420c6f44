//! Stale responses: served while a refresh runs, and in place of a failure.

use std::{future::pending, sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use routekit::{
    ManualClock,
    cache::Cache,
    prelude::*,
    test::{TestApp, TestRequest},
};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::support::{Runs, idle};

const CLIENTS: usize = 100;

/// Blocks handlers until the test opens it.
struct Gate(Semaphore);

#[get("/stale/page", cache(ttl = 10, tags = "page", stale_while_revalidate = 30))]
async fn page(runs: Dep<Runs>, gate: Dep<Gate>) -> String {
    let run = runs.next();
    gate.0.acquire().await.unwrap().forget();
    run.to_string()
}

/// Succeeds once, then fails.
#[get("/stale/fails/{how}", cache(ttl = 10, tags = "page", stale_if_error = 60), timeout = "1s")]
async fn fails(how: String, runs: Dep<Runs>, gate: Dep<Gate>) -> Response {
    if runs.next() == 1 {
        return "old".into_response();
    }
    gate.0.acquire().await.unwrap().forget();
    match how.as_str() {
        "internal" => Problem::internal(std::io::Error::other("the disk is full")).into_response(),
        "unavailable" => (StatusCode::SERVICE_UNAVAILABLE, "no").into_response(),
        "panic" => panic!("as it should"),
        "hang" => pending().await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[put("/stale/page", invalidates("page"))]
async fn change() {}

const HOWS: [(&str, u16); 4] = [("internal", 500), ("unavailable", 503), ("panic", 500), ("hang", 504)];

fn start(open: usize) -> (TestApp, ManualClock) {
    let (app, clock, _) = start_with_gate(open);
    (app, clock)
}

fn start_with_gate(open: usize) -> (TestApp, ManualClock, Arc<Gate>) {
    let (clock, gate) = (ManualClock::new(), Arc::new(Gate(Semaphore::new(open))));
    let app = App::with_routes(routes![page, fails, change]).cache(Cache::builder().ttl_jitter(0.0));
    let app = app.provide(Runs::default()).provide_shared(Arc::clone(&gate));
    (TestApp::builder(app).clock(clock.clock()).build(), clock, gate)
}

/// `STALE 200 1`
async fn said(request: TestRequest) -> String {
    let answer = request.send().await;
    let body = if answer.status() == 200 { answer.text() } else { "" };
    format!("{} {} {body}", answer.header("x-cache").unwrap_or("none"), answer.status().as_u16())
}

fn requests(app: &TestApp) -> String {
    let metrics = app.metrics();
    let mut counts = metrics.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count"));
    let page = counts.find(|line| line.contains("/stale/page")).unwrap();
    page.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn stale_response_serves_100_requests_and_one_refresh() {
    let clock = ManualClock::new();
    let (runs, gate) = (Arc::new(Runs::default()), Arc::new(Gate(Semaphore::new(1))));
    let app = App::with_routes(routes![page]).cache(Cache::builder().ttl_jitter(0.0));
    let app = app.provide_shared(Arc::clone(&runs)).provide_shared(Arc::clone(&gate));
    let app = TestApp::builder(app).clock(clock.clock()).build();
    assert_eq!(said(app.get("/stale/page")).await, "MISS 200 1");
    clock.advance(Duration::from_secs(15));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(said(app.get("/stale/page")));
    }
    // Every response has arrived, and the handler still runs.
    assert_eq!(clients.join_all().await, vec!["STALE 200 1"; CLIENTS]);
    idle().await;
    assert_eq!(runs.count(), 2, "one refresh");
    assert_eq!(requests(&app), "101", "which is no request");
    gate.0.add_permits(1);
    idle().await;
    assert_eq!(said(app.get("/stale/page")).await, "HIT 200 2");
    assert_eq!((runs.count(), requests(&app)), (2, "102".to_owned()));
    let metrics = app.metrics();
    let counted = |name: &str, result: &str| {
        let is_it = |line: &&str| line.starts_with(name) && line.contains("/stale/page") && line.contains(result);
        metrics.lines().find(is_it).unwrap().rsplit(' ').next().unwrap().parse::<usize>().unwrap()
    };
    assert_eq!(counted("routekit_cache_refreshes_total{", ""), 1);
    let results = ["miss", "stale", "hit"]
        .map(|result| counted("routekit_cache_requests_total{", &format!("result=\"{result}\"")));
    assert_eq!(results, [1, CLIENTS, 1]);
}

#[tokio::test(start_paused = true)]
async fn response_stale_beyond_its_window_is_a_miss() {
    let (app, clock) = start(10);
    said(app.get("/stale/page")).await;
    clock.advance(Duration::from_millis(39_999));
    assert_eq!(said(app.get("/stale/page").header("x", "y")).await, "STALE 200 1");
    idle().await;
    assert_eq!(said(app.get("/stale/page")).await, "HIT 200 2");
    clock.advance(Duration::from_secs(40));
    assert_eq!(said(app.get("/stale/page")).await, "MISS 200 3");
}

#[tokio::test(start_paused = true)]
async fn invalidated_response_is_not_served_during_a_refresh() {
    let (app, clock) = start(10);
    said(app.get("/stale/page")).await;
    clock.advance(Duration::from_secs(15));
    app.put("/stale/page").send().await;
    assert_eq!(said(app.get("/stale/page")).await, "MISS 200 2");
}

#[tokio::test(start_paused = true)]
async fn refresh_does_not_undo_an_invalidation() {
    let (app, clock, gate) = start_with_gate(1);
    said(app.get("/stale/page")).await;
    clock.advance(Duration::from_secs(15));
    assert_eq!(said(app.get("/stale/page")).await, "STALE 200 1");
    idle().await;
    app.put("/stale/page").send().await;
    // The refresh that began before the invalidation ends now.
    gate.0.add_permits(1);
    idle().await;
    gate.0.add_permits(1);
    assert_eq!(said(app.get("/stale/page")).await, "MISS 200 3");
}

#[tokio::test(start_paused = true)]
async fn stale_response_replaces_a_failure_until_stale_if_error_ends() {
    for (how, status) in HOWS {
        let (app, clock) = start(100);
        let path = format!("/stale/fails/{how}");
        assert_eq!(said(app.get(&path)).await, "MISS 200 old", "{how}");
        for (advance, expected) in [(9_999, "HIT 200 old"), (1, "STALE 200 old"), (59_999, "STALE 200 old")] {
            clock.advance(Duration::from_millis(advance));
            assert_eq!(said(app.get(&path)).await, expected, "{how} {advance} ms later");
        }
        clock.advance(Duration::from_millis(1));
        assert_eq!(said(app.get(&path)).await, format!("MISS {status} "), "{how}: at the limit");
    }
}

#[tokio::test(start_paused = true)]
async fn invalidated_response_does_not_replace_a_failure() {
    for (how, status) in HOWS {
        let (app, _clock) = start(100);
        let path = format!("/stale/fails/{how}");
        said(app.get(&path)).await;
        app.put("/stale/page").send().await;
        assert_eq!(said(app.get(&path)).await, format!("MISS {status} "), "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn response_invalidated_while_the_handler_fails_does_not_replace_the_failure() {
    for (how, status) in HOWS {
        let (app, clock, gate) = start_with_gate(0);
        let path = format!("/stale/fails/{how}");
        said(app.get(&path)).await;
        clock.advance(Duration::from_secs(15));
        let asking = app.get(&path);
        let failing = tokio::spawn(async move { said(asking).await });
        idle().await;
        app.put("/stale/page").send().await;
        gate.0.add_permits(1);
        assert_eq!(failing.await.unwrap(), format!("MISS {status} "), "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_of_a_failure_get_the_stale_response() {
    let (app, clock) = start(1);
    said(app.get("/stale/fails/unavailable")).await;
    clock.advance(Duration::from_secs(15));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(said(app.get("/stale/fails/unavailable")));
    }
    assert_eq!(clients.join_all().await, vec!["STALE 200 old"; CLIENTS]);
}

#[tokio::test(start_paused = true)]
async fn response_that_is_not_a_failure_replaces_the_stale_one() {
    let (app, clock) = start(1);
    said(app.get("/stale/fails/missing")).await;
    clock.advance(Duration::from_secs(15));
    assert_eq!(said(app.get("/stale/fails/missing")).await, "BYPASS 404 ");
}

/// Its first response may not be stored; a response to a condition is 304 if the handler receives the condition.
#[get("/stale/conditional", cache(ttl = 10, stale_if_error = 600))]
async fn conditional(headers: http::HeaderMap, runs: Dep<Runs>) -> Response {
    let run = runs.next();
    match () {
        () if headers.contains_key("x-fail") => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        () if headers.contains_key("if-none-match") => StatusCode::NOT_MODIFIED.into_response(),
        () if headers.contains_key("x-forbid") => ([("cache-control", "no-store")], "").into_response(),
        () => ([("etag", r#""a""#)], run.to_string()).into_response(),
    }
}

fn start_conditional() -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    let app = App::with_routes(routes![conditional]).cache(Cache::builder().ttl_jitter(0.0)).provide(Runs::default());
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

/// A key whose response may not be stored is marked for a second. A 304 to a client's condition does not renew that.
#[tokio::test(start_paused = true)]
async fn not_modified_does_not_keep_a_key_uncacheable() {
    let (app, clock) = start_conditional();
    let page = || app.get("/stale/conditional");
    page().header("x-forbid", "1").send().await;
    clock.advance(Duration::from_millis(600));
    assert_eq!(page().header("if-none-match", r#""a""#).send().await.status(), 304, "the handler answers");
    clock.advance(Duration::from_millis(600));
    // The mark is over, so the condition is not passed on, and the response is stored.
    page().header("if-none-match", r#""b""#).send().await;
    assert!(said(page()).await.starts_with("HIT 200"));
}

#[tokio::test(start_paused = true)]
async fn not_modified_keeps_the_stale_response() {
    let (app, clock) = start_conditional();
    let page = || app.get("/stale/conditional");
    assert_eq!(said(page()).await, "MISS 200 1");
    clock.advance(Duration::from_secs(15));
    // The handler receives the condition of a client that it answers alone.
    let alone = page().header("authorization", "Basic eA==").header("if-none-match", r#""a""#);
    assert_eq!(alone.send().await.status(), 304);
    clock.advance(Duration::from_secs(5));
    assert_eq!(said(page().header("x-fail", "1")).await, "STALE 200 1");
}
