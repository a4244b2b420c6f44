//! Handlers, clients and listeners that misbehave.

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    response::Response,
    routing::get as on_get,
};
use futures_util::{FutureExt, stream};
use http::{HeaderName, StatusCode, header};
use routekit::{
    ManualClock,
    breaker::{BreakerLayer, CallError, CircuitBreaker, HttpBreakerLayer, Outcome, State},
    cache::Cache,
    catch_panic::CatchPanicLayer,
    config::Config,
    prelude::*,
    test::TestApp,
};
use tokio::{
    sync::{Barrier, mpsc},
    task::JoinSet,
};
use tower::{Layer, Service, ServiceExt};

use super::{SECOND, breaker, opened};
use crate::support::Runs;

/// A route without a timeout.
#[get("/h/hangs", breaker, cache(ttl = 10))]
async fn hangs() -> &'static str {
    pending().await
}

#[get("/h/page", breaker(fallback = private_stand_in), cache(ttl = 10))]
async fn page() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

async fn private_stand_in(runs: Dep<Runs>) -> ([(HeaderName, &'static str); 1], String) {
    tokio::time::sleep(SECOND).await;
    let run = runs.next() - 1;
    ([(header::CACHE_CONTROL, "no-store")], format!("in its place {run}"))
}

#[post("/h/upload", breaker, timeout = "1s")]
async fn upload(body: Bytes) -> String {
    body.len().to_string()
}

#[post("/h/probed-upload", breaker(name = "uploads"), timeout = "50s")]
async fn probed_upload(runs: Dep<Runs>, body: Bytes) -> (StatusCode, String) {
    let failing = runs.next() <= 10;
    (if failing { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }, body.len().to_string())
}

#[post("/h/ignores", breaker, timeout = "1s")]
async fn ignores() {
    pending::<()>().await;
}

#[get("/h/bad-help/{how}", breaker(fallback = bad_help), timeout = "1s", concurrency = 2)]
async fn badly_helped(how: String) -> (StatusCode, String) {
    (StatusCode::BAD_GATEWAY, how)
}

async fn bad_help(uri: http::Uri) -> StatusCode {
    if uri.path().ends_with("panic") {
        panic!("as it should");
    }
    pending().await
}

#[get("/h/judged/{status}", breaker(classify = teapots_are_failures))]
async fn judged(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

fn teapots_are_failures(response: &Response) -> Outcome {
    if response.status() == StatusCode::IM_A_TEAPOT { Outcome::Failure } else { Outcome::Success }
}

#[get("/h/probed", breaker(half_open_calls = 2))]
async fn probed(runs: Dep<Runs>, gate: Dep<Barrier>) -> StatusCode {
    if runs.next() <= 10 {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    gate.wait().await;
    StatusCode::OK
}

fn start() -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    let app = App::with_routes(routes![hangs, page, upload, ignores, badly_helped, judged, probed]);
    let app = app.provide(Runs::default()).provide(Barrier::new(3)).cache(Cache::builder().ttl_jitter(0.0));
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

async fn statuses(app: &TestApp, path: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(app.get(path).send().await.status().as_u16());
    }
    statuses
}

#[tokio::test(start_paused = true)]
async fn cached_handler_that_hangs_without_timeout_opens_the_breaker() {
    let (app, _) = start();
    assert_eq!(statuses(&app, "/h/hangs", 11).await, [vec![504; 10], vec![503]].concat());
}

#[test]
fn routes_that_could_hang_are_warned_of() {
    #[get("/h/endless", breaker)]
    async fn endless() {}
    #[get("/h/counted", concurrency = 3)]
    async fn counted() {}
    let app = TestApp::new(App::with_routes(routes![endless, counted, upload]));
    let said = app.table().warnings().join("\n");
    assert!(
        said.contains("has a `breaker` and no `timeout`: a handler that hangs does not count as a failure"),
        "{said}"
    );
    assert!(said.contains("has `concurrency` and no `timeout`: handlers that hang keep their permits"), "{said}");
    assert!(!said.contains("/h/upload"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn private_fallback_answers_each_waiter_by_itself() {
    let (app, _) = start();
    statuses(&app, "/h/page", 10).await;
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        clients.spawn(app.get("/h/page").send());
    }
    let answers = clients.join_all().await;
    let mut texts: Vec<_> = answers.iter().map(|answer| (answer.status().as_u16(), answer.text())).collect();
    texts.sort_unstable();
    let expected = ["in its place 0", "in its place 1", "in its place 2", "in its place 3"];
    assert_eq!(texts, expected.map(|text| (200, text)));
}

#[tokio::test(start_paused = true)]
async fn slow_uploads_do_not_open_the_breaker() {
    let (app, _) = start();
    for _ in 0..50 {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"a"))]);
        let body = Body::from_stream(futures_util::StreamExt::chain(first, stream::pending()));
        assert_eq!(app.post("/h/upload").body(body).send().await.status(), 504);
    }
    assert_eq!(app.post("/h/upload").body("abc").send().await.text(), "3");
}

/// A body that ends when its sender is dropped.
fn unfinished_body() -> (mpsc::UnboundedSender<()>, Body) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let parts = stream::poll_fn(move |cx| receiver.poll_recv(cx).map(|sent| sent.map(|()| Ok::<_, Infallible>("a"))));
    (sender, Body::from_stream(parts))
}

fn start_uploads() -> (TestApp, ManualClock, CircuitBreaker) {
    let clock = ManualClock::new();
    let breaker = CircuitBreaker::builder("uploads").slow_call(SECOND).half_open_calls(2).build().unwrap();
    let app = App::with_routes(routes![probed_upload]).provide(Runs::default()).breaker(breaker.clone());
    (TestApp::builder(app).clock(clock.clock()).build(), clock, breaker)
}

#[tokio::test]
async fn slow_upload_is_no_slow_call() {
    let (app, clock, breaker) = start_uploads();
    assert_eq!(statuses_of_uploads(&app, 10).await, vec![500; 10]);
    breaker.reset();
    for _ in 0..20 {
        let (sender, body) = unfinished_body();
        let upload = tokio::spawn(app.post("/h/probed-upload").body(body).send());
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        clock.advance(2 * SECOND);
        drop(sender);
        assert_eq!(upload.await.unwrap().status(), 200);
    }
    assert_eq!((breaker.snapshot().success_count, breaker.snapshot().slow_count), (20, 0));
}

#[tokio::test]
async fn uploads_that_never_end_hold_no_probe() {
    let (app, clock, breaker) = start_uploads();
    assert_eq!(statuses_of_uploads(&app, 11).await, [vec![500; 10], vec![503]].concat());
    clock.advance(60 * SECOND);
    let mut senders = Vec::new();
    let mut uploads = JoinSet::new();
    for _ in 0..5 {
        let (sender, body) = unfinished_body();
        uploads.spawn(app.post("/h/probed-upload").body(body).send());
        senders.push(sender);
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(breaker.state(), State::HalfOpen);
    // An upload that ends takes a slot again, and counts.
    senders.pop();
    assert_eq!(uploads.join_next().await.unwrap().unwrap().status(), 200);
    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(statuses_of_uploads(&app, 1).await, [200]);
    assert_eq!(breaker.state(), State::Closed);
    // A closed breaker lets the others through. They began in an earlier state, and do not count.
    senders.clear();
    assert!(uploads.join_all().await.iter().all(|answer| answer.status() == 200));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn upload_that_goes_on_without_a_slot_is_refused() {
    let (app, clock, breaker) = start_uploads();
    assert_eq!(statuses_of_uploads(&app, 11).await, [vec![500; 10], vec![503]].concat());
    clock.advance(60 * SECOND);
    let (sender, body) = unfinished_body();
    let upload = tokio::spawn(app.post("/h/probed-upload").body(body).send());
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    // Both slots are taken meanwhile.
    let others = [breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap()];
    drop(sender);
    assert_eq!(upload.await.unwrap().status(), 503);
    others.into_iter().for_each(|permit| permit.success());
    assert_eq!(breaker.state(), State::Closed);
}

/// Answers before its body is read.
#[post("/h/early", breaker(name = "uploads"))]
async fn early(body: Body, runs: Dep<Runs>) -> StatusCode {
    if runs.next() <= 10 {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    tokio::spawn(to_bytes(body, 1000));
    tokio::task::yield_now().await;
    StatusCode::OK
}

#[tokio::test]
async fn upload_that_outlives_its_response_holds_no_probe() {
    let clock = ManualClock::new();
    let breaker = CircuitBreaker::builder("uploads").half_open_calls(1).build().unwrap();
    let app = App::with_routes(routes![early]).provide(Runs::default()).breaker(breaker.clone());
    let app = TestApp::builder(app).clock(clock.clock()).build();
    for _ in 0..10 {
        assert_eq!(app.post("/h/early").body("abc").send().await.status(), 500);
    }
    clock.advance(60 * SECOND);
    let (sender, body) = unfinished_body();
    assert_eq!(app.post("/h/early").body(body).send().await.status(), 200);
    assert_eq!(breaker.state(), State::HalfOpen, "it had no slot when it ended");
    drop(sender);
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.post("/h/early").body("abc").send().await.status(), 200);
    assert_eq!(breaker.state(), State::Closed);
}

async fn statuses_of_uploads(app: &TestApp, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(app.post("/h/probed-upload").body("abc").send().await.status().as_u16());
    }
    statuses
}

#[tokio::test(start_paused = true)]
async fn handler_that_hangs_without_reading_the_body_is_a_failure() {
    let (app, _) = start();
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        statuses.push(app.post("/h/ignores").body(body).send().await.status().as_u16());
    }
    assert_eq!(statuses, [vec![504; 10], vec![503]].concat());
}

#[tokio::test(start_paused = true)]
async fn fallback_that_hangs_or_panics_is_answered_for() {
    let (app, _) = start();
    assert_eq!(statuses(&app, "/h/bad-help/hang", 10).await, vec![502; 10]);
    for (how, status) in [("hang", 504), ("panic", 500)] {
        assert_eq!(statuses(&app, &format!("/h/bad-help/{how}"), 5).await, vec![status; 5], "{how}");
    }
}

#[tokio::test]
async fn classify_function_of_the_route_decides() {
    let (app, _) = start();
    assert_eq!(statuses(&app, "/h/judged/500", 50).await, vec![500; 50]);
    assert_eq!(statuses(&app, "/h/judged/418", 50).await, vec![418; 50]);
    assert_eq!(statuses(&app, "/h/judged/200", 1).await, [503]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn half_open_route_lets_exactly_two_of_a_thousand_requests_through() {
    let (runs, gate) = (Arc::new(Runs::default()), Arc::new(Barrier::new(3)));
    let (app, clock) = (App::with_routes(routes![probed]), ManualClock::new());
    let app = app.provide_shared(Arc::clone(&runs)).provide_shared(Arc::clone(&gate));
    let app = TestApp::builder(app).clock(clock.clock()).build();
    assert_eq!(statuses(&app, "/h/probed", 11).await, [vec![500; 10], vec![503]].concat());
    clock.advance(60 * SECOND);
    let mut requests = JoinSet::new();
    for _ in 0..1000 {
        requests.spawn(app.get("/h/probed").send());
    }
    let mut refused = 0;
    while refused < 998 {
        let answer = requests.join_next().await.unwrap().unwrap();
        assert_eq!(answer.status(), 503);
        refused += 1;
    }
    gate.wait().await;
    assert!(requests.join_all().await.iter().all(|answer| answer.status() == 200));
    assert_eq!(runs.count(), 12);
}

#[tokio::test]
async fn panic_caught_by_an_outer_layer_is_a_failure() {
    let (breaker, _) = breaker(|b| b);
    async fn panics() {
        panic!("as it should");
    }
    let router: Router = Router::new()
        .route("/", on_get(panics))
        .layer(HttpBreakerLayer::new(breaker.clone()))
        .layer(CatchPanicLayer::new());
    for _ in 0..10 {
        let answer = router.clone().oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), 500);
    }
    assert_eq!((breaker.state(), breaker.snapshot().failure_count), (State::Open, 10));
}

#[tokio::test]
async fn panicking_listener_loses_no_permit() {
    let clock = ManualClock::new();
    let breaker = CircuitBreaker::builder("listened").clock(clock.clock()).on_transition(|_| panic!("as it should"));
    let breaker = breaker.build().unwrap();
    super::fail(&breaker, 10);
    clock.advance(60 * SECOND);
    breaker.try_acquire().expect("it is half-open").success();
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn service_that_fails_to_become_ready_is_a_failure() {
    #[derive(Clone)]
    struct NeverReady;
    impl Service<()> for NeverReady {
        type Response = ();
        type Error = &'static str;
        type Future = std::future::Ready<Result<(), &'static str>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), &'static str>> {
            std::task::Poll::Ready(Err("closed"))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            unreachable!("it is never ready")
        }
    }
    let (breaker, _) = breaker(|b| b);
    let service = BreakerLayer::new(breaker.clone()).layer(NeverReady);
    for _ in 0..10 {
        assert_eq!(service.clone().oneshot(()).await, Err(CallError::Failed("closed")));
    }
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn probes_of_clients_that_leave_return_their_permits() {
    let (breaker, clock) = opened(|b| b);
    clock.advance(60 * SECOND);
    let layer = HttpBreakerLayer::new(breaker.clone());
    let router: Router = Router::new().route("/", on_get(pending::<()>)).layer(layer);
    for _ in 0..100 {
        assert!(router.clone().oneshot(Request::new(Body::empty())).now_or_never().is_none());
    }
    assert_eq!((breaker.state(), breaker.snapshot().rejected), (State::HalfOpen, 1), "refused before that");
    assert!(breaker.try_acquire().is_ok());
}

#[test]
fn lease_of_a_probe_lasts_as_long_as_the_route_may_take() {
    #[get("/h/long", breaker(name = "long"), timeout = "2m")]
    async fn long() {}
    let given = |lease: Duration| CircuitBreaker::builder("long").probe_lease(lease).build().unwrap();
    let app = |lease| TestApp::builder(App::with_routes(routes![long]).breaker(given(lease))).try_build();
    let said = app(60 * SECOND).err().unwrap().to_string();
    assert!(said.contains("`probe_lease` is 60s, and a route with this breaker has a timeout of 120s"), "{said}");
    assert!(app(121 * SECOND).is_ok());
}

#[test]
fn longest_timeout_of_a_route_with_a_breaker_is_accepted() {
    #[get("/h/longest", breaker(name = "longest"))]
    async fn longest() {}
    let toml = "[route.\"GET /h/longest\"]\ntimeout = '18446744073709551615'\n";
    let config = Config::builder().toml("routekit.toml", toml).build().unwrap();
    let app = TestApp::builder(App::with_routes(routes![longest]).config(config)).try_build();
    assert!(app.is_ok(), "{:?}", app.err());
}
