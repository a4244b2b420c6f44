//! Coalescing: simultaneous misses of one key run the handler once.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode};
use routekit::{
    ManualClock, Spawner,
    cache::{Cache, CacheLayer, NoStore},
    prelude::*,
    test::TestApp,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tower::ServiceExt;

use crate::support::Runs;

const CLIENTS: usize = 1000;
const FILL: Duration = Duration::from_millis(100);

/// What the handler does on this run.
#[get("/flight/{what}", cache(ttl = 60, tags("flights", "flight:{what}")), timeout = "1s")]
async fn flight(what: String, runs: Dep<Runs>) -> Response {
    let run = runs.next() - 1;
    sleep(FILL).await;
    match what.as_str() {
        "fails" => StatusCode::BAD_GATEWAY.into_response(),
        "panics" => panic!("as it should"),
        "hangs" => pending().await,
        "fails for one" => {
            (StatusCode::BAD_GATEWAY, [("set-cookie", "session=secret")], "of the first").into_response()
        }
        "fails streaming" => {
            let streamed = futures_util::stream::iter([Ok::<_, std::io::Error>("of the first")]);
            (StatusCode::BAD_GATEWAY, Body::from_stream(streamed)).into_response()
        }
        "forbids" => (NoStore, run.to_string()).into_response(),
        "misses" => StatusCode::NOT_FOUND.into_response(),
        "breaks off" => {
            let broken = futures_util::stream::iter([Err::<&str, _>(std::io::Error::other("broken"))]);
            Body::new(Sized(Body::from_stream(broken))).into_response()
        }
        _ => run.to_string().into_response(),
    }
}

/// A body that announces three bytes.
struct Sized(Body);

impl http_body::Body for Sized {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.0).poll_frame(cx)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(3)
    }
}

/// A route without a timeout of its own.
#[get("/flight-without-timeout", cache(ttl = 60))]
async fn no_timeout(runs: Dep<Runs>) {
    runs.next();
    pending::<()>().await;
}

fn app(runs: &Arc<Runs>) -> App {
    App::with_routes(routes![flight, no_timeout]).provide_shared(Arc::clone(runs))
}

/// Statuses, bodies and `X-Cache` of many simultaneous requests, and the time until the last answer.
async fn ask_at_once(app: &TestApp, path: &'static str) -> (Vec<(StatusCode, String, String)>, Duration) {
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let app = app.clone();
        clients.spawn(async move {
            let answer = app.get(path).send().await;
            let x_cache = answer.header("x-cache").unwrap_or_default().to_owned();
            (answer.status(), answer.text().to_owned(), x_cache)
        });
    }
    (clients.join_all().await, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn simultaneous_misses_are_one_run() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(app(&runs));
    let (answers, took) = ask_at_once(&app, "/flight/well").await;
    assert_eq!((runs.count(), took), (1, FILL));
    assert!(answers.iter().all(|answer| *answer == (StatusCode::OK, "0".into(), "MISS".into())), "{answers:?}");
    let (answers, _) = ask_at_once(&app, "/flight/well").await;
    assert!(answers.iter().all(|(.., x_cache)| x_cache == "HIT"));
    assert_eq!(runs.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_misses_are_one_run_on_threads_while_other_tags_are_invalidated() {
    for _ in 0..20 {
        let runs = Arc::new(Runs::default());
        let app = TestApp::new(App::with_routes(routes![flight, unrelated]).provide_shared(Arc::clone(&runs)));
        let tags = tokio::spawn({
            let app = TestApp::clone(&app);
            async move {
                for number in 0.. {
                    app.post(&format!("/unrelated/{number}")).send().await;
                    tokio::task::yield_now().await;
                }
            }
        });
        let (answers, _) = ask_at_once(&app, "/flight/well").await;
        tags.abort();
        assert_eq!(runs.count(), 1);
        assert!(answers.iter().all(|(status, ..)| *status == StatusCode::OK));
    }
}

#[post("/unrelated/{number}", invalidates("unrelated:{number}"))]
async fn unrelated(number: u64) {
    let _ = number;
}

#[tokio::test(start_paused = true)]
async fn simultaneous_misses_are_one_run_while_1000_other_tags_a_second_are_invalidated() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(App::with_routes(routes![flight, unrelated]).provide_shared(Arc::clone(&runs)));
    let other = app.clone();
    let tags = tokio::spawn(async move {
        for number in 0.. {
            other.post(&format!("/unrelated/{number}")).send().await;
            sleep(Duration::from_millis(1)).await;
        }
    });
    let (answers, _) = ask_at_once(&app, "/flight/well").await;
    tags.abort();
    assert_eq!(runs.count(), 1);
    assert!(answers.iter().all(|(status, ..)| *status == StatusCode::OK));
}

#[tokio::test(start_paused = true)]
async fn fill_continues_when_its_client_leaves() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(app(&runs));
    let leader = tokio::spawn({
        let app = app.clone();
        async move { app.get("/flight/well").send().await }
    });
    sleep(FILL / 4).await;
    assert_eq!(runs.count(), 1, "it has begun");
    let others = tokio::spawn({
        let app = app.clone();
        async move { ask_at_once(&app, "/flight/well").await.0 }
    });
    sleep(FILL / 4).await;
    leader.abort();
    let answers = others.await.unwrap();
    assert_eq!(runs.count(), 1);
    assert!(answers.iter().all(|(status, body, _)| *status == StatusCode::OK && body == "0"), "{answers:?}");

    // Also where no request waits: a later request finds the response.
    let leader = tokio::spawn({
        let app = app.clone();
        async move { app.get("/flight/later").send().await }
    });
    sleep(FILL / 2).await;
    leader.abort();
    sleep(FILL).await;
    let answer = app.get("/flight/later").send().await;
    assert_eq!((answer.header("x-cache"), runs.count()), (Some("HIT"), 2));
}

#[tokio::test(start_paused = true)]
async fn without_a_spawner_a_waiter_restarts_the_fill() {
    let runs = Arc::new(Runs::default());
    let counted = Arc::clone(&runs);
    let handler = async move || {
        counted.next();
        sleep(FILL).await;
        "well"
    };
    let cache = CacheLayer::new(Cache::new()).ttl(Duration::from_secs(60));
    let app: Router = Router::new().route("/", get(handler).layer(cache));
    let ask = |app: Router| async move { app.oneshot(Request::new(Body::empty())).await.unwrap().status() };
    let leader = tokio::spawn(ask(app.clone()));
    sleep(FILL / 4).await;
    let others: JoinSet<StatusCode> = (0..10).map(|_| ask(app.clone())).collect();
    sleep(FILL / 4).await;
    leader.abort();
    let answers = others.join_all().await;
    assert_eq!((answers, runs.count()), (vec![StatusCode::OK; 10], 2));
}

#[tokio::test(start_paused = true)]
async fn failure_is_shared_by_all_waiters() {
    // After a 500 or a panic one of the waiters tries before it is shared.
    for (path, status, expected) in [
        ("/flight/fails", StatusCode::BAD_GATEWAY, 1),
        ("/flight/panics", StatusCode::INTERNAL_SERVER_ERROR, 2),
        ("/flight/hangs", StatusCode::GATEWAY_TIMEOUT, 1),
        ("/flight/breaks%20off", StatusCode::INTERNAL_SERVER_ERROR, 2),
    ] {
        let runs = Arc::new(Runs::default());
        let app = TestApp::new(app(&runs));
        let (answers, _) = ask_at_once(&app, path).await;
        assert!(answers.iter().all(|(answered, ..)| *answered == status), "{path}: {answers:?}");
        assert_eq!(runs.count(), expected, "{path}");
        let ids: std::collections::HashSet<String> = answers
            .iter()
            .map(|(_, body, _)| {
                let problem: serde_json::Value = serde_json::from_str(body).expect(path);
                problem["correlationId"].as_str().expect(path).to_owned()
            })
            .collect();
        assert_eq!(ids.len(), CLIENTS, "{path}: each answer has an id of its own");
        // It is not stored.
        app.get(path).send().await;
        assert_eq!(runs.count(), expected + 1, "{path}");
    }
}

#[get("/crafted", cache(ttl = 60))]
async fn crafted(headers: HeaderMap, runs: Dep<Runs>) -> Response {
    runs.next();
    sleep(FILL).await;
    if headers.contains_key("x-crafted") {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    } else {
        "well".into_response()
    }
}

#[tokio::test(start_paused = true)]
async fn failure_that_one_client_causes_does_not_reach_the_waiters() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(App::with_routes(routes![crafted]).provide_shared(Arc::clone(&runs)));
    let leading = app.get("/crafted").header("x-crafted", "yes");
    let leader = tokio::spawn(async move { leading.send().await.status() });
    sleep(FILL / 2).await;
    let (answers, took) = ask_at_once(&app, "/crafted").await;
    assert!(answers.iter().all(|answer| *answer == (StatusCode::OK, "well".into(), "MISS".into())), "{answers:?}");
    assert_eq!((leader.await.unwrap(), runs.count()), (StatusCode::INTERNAL_SERVER_ERROR, 2));
    assert_eq!(took, FILL / 2 + FILL);
}

/// Hangs as often as `hangs` says.
#[get("/hangs/{hangs}", cache(ttl = 60), timeout = "1s")]
async fn hangs_at_first(hangs: usize, runs: Dep<Runs>) -> &'static str {
    if runs.next() <= hangs {
        pending::<()>().await;
    }
    sleep(FILL).await;
    "well"
}

#[tokio::test(start_paused = true)]
async fn waiter_with_time_left_fetches_when_its_leader_times_out() {
    const SECOND: Duration = Duration::from_secs(1);
    for (hangs, expected, last) in [
        (1, StatusCode::OK, [SECOND, SECOND / 2 + FILL, SECOND / 4 + FILL]),
        (9, StatusCode::GATEWAY_TIMEOUT, [SECOND; 3]),
    ] {
        let runs = Arc::new(Runs::default());
        let app = TestApp::new(App::with_routes(routes![hangs_at_first]).provide_shared(Arc::clone(&runs)));
        let ask = |after: Duration| {
            let app = app.clone();
            tokio::spawn(async move {
                sleep(after).await;
                let start = Instant::now();
                (app.get(&format!("/hangs/{hangs}")).send().await.status(), start.elapsed())
            })
        };
        let asked = [ask(Duration::ZERO), ask(SECOND / 2), ask(SECOND * 3 / 4)];
        let [first, second, third] = last;
        let [leader, waiter, other] = asked.map(async |answer| answer.await.unwrap());
        assert_eq!(leader.await, (StatusCode::GATEWAY_TIMEOUT, first));
        assert_eq!((waiter.await, other.await), ((expected, second), (expected, third)));
        assert_eq!(runs.count(), 2, "the waiters share the second fetch");
    }
}

/// The first run takes longer than the others.
#[get("/long-at-first", cache(ttl = 60, tags = "long"), timeout = "1s")]
async fn long_at_first(runs: Dep<Runs>) -> String {
    let run = runs.next();
    sleep(if run == 1 { 9 * FILL } else { FILL }).await;
    run.to_string()
}

#[post("/long-at-first", invalidates("long"))]
async fn over() {}

#[tokio::test(start_paused = true)]
async fn request_after_an_invalidation_does_not_wait_for_a_fetch_from_before() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(App::with_routes(routes![long_at_first, over]).provide_shared(Arc::clone(&runs)));
    let before = tokio::spawn({
        let app = app.clone();
        async move { app.get("/long-at-first").send().await.text().to_owned() }
    });
    sleep(FILL).await;
    app.post("/long-at-first").send().await;
    let (answers, took) = ask_at_once(&app, "/long-at-first").await;
    assert!(answers.iter().all(|answer| *answer == (StatusCode::OK, "2".into(), "MISS".into())), "{answers:?}");
    assert_eq!((runs.count(), took), (2, FILL), "one of them fetches at once");
    assert_eq!(before.await.unwrap(), "1");
    let answer = app.get("/long-at-first").send().await;
    assert_eq!((answer.header("x-cache"), answer.text()), (Some("HIT"), "2"), "the older response does not replace it");
}

/// Waiters of a failure that is private receive its status only.
#[tokio::test(start_paused = true)]
async fn private_failure_shares_only_its_status() {
    for path in ["/flight/fails%20for%20one", "/flight/fails%20streaming"] {
        let runs = Arc::new(Runs::default());
        let app = TestApp::new(app(&runs));
        let mut clients: JoinSet<_> = (0..10)
            .map(|_| {
                let app = app.clone();
                async move { app.get(path).send().await }
            })
            .collect();
        let mut of_the_first = 0;
        while let Some(answer) = clients.join_next().await {
            let answer = answer.unwrap();
            assert_eq!(answer.status(), StatusCode::BAD_GATEWAY, "{path}");
            let own = answer.header("set-cookie").is_some() || answer.text() == "of the first";
            assert!(own || answer.json::<serde_json::Value>()["status"] == 502, "{path}");
            of_the_first += usize::from(own);
        }
        assert_eq!((of_the_first, runs.count()), (1, 1), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn fill_and_waiters_end_at_the_deadline() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(app(&runs));
    let (answers, took) = ask_at_once(&app, "/flight-without-timeout").await;
    assert!(answers.iter().all(|(status, ..)| *status == StatusCode::GATEWAY_TIMEOUT));
    assert_eq!((runs.count(), took), (1, Duration::from_secs(30)));
}

#[tokio::test(start_paused = true)]
async fn uncacheable_response_lets_all_waiters_run_at_once() {
    for (path, status) in [("/flight/forbids", StatusCode::OK), ("/flight/misses", StatusCode::NOT_FOUND)] {
        let runs = Arc::new(Runs::default());
        let app = TestApp::new(app(&runs).clock(ManualClock::new().clock()));
        let (answers, took) = ask_at_once(&app, path).await;
        assert!(answers.iter().all(|(answered, _, x_cache)| *answered == status && x_cache == "BYPASS"), "{answers:?}");
        assert_eq!((runs.count(), took), (CLIENTS, 2 * FILL), "{path}: one asked first, and then all others");
        // For a while no request waits at all.
        let (_, took) = ask_at_once(&app, path).await;
        assert_eq!((runs.count(), took), (2 * CLIENTS, FILL), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiter_gets_nothing_older_than_an_earlier_invalidation() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(App::with_routes(routes![flight, invalidate]).provide_shared(Arc::clone(&runs)));
    let ask = || {
        let app = app.clone();
        tokio::spawn(async move { app.get("/flight/well").send().await.text().to_owned() })
    };
    let before = ask();
    sleep(FILL / 4).await;
    let also_before = ask();
    sleep(FILL / 4).await;
    app.post("/flight-over").send().await;
    let after: Vec<_> = (0..10).map(|_| ask()).collect();
    assert_eq!(before.await.unwrap(), "0", "it began before");
    // This request began before the invalidation returned, so either response is correct.
    assert!(["0", "1"].contains(&also_before.await.unwrap().as_str()));
    for answer in after {
        assert_eq!(answer.await.unwrap(), "1");
    }
    assert_eq!(runs.count(), 2);
    assert_eq!(ask().await.unwrap(), "1", "what came last is what is kept");
}

#[post("/flight-over", invalidates("flights"))]
async fn invalidate() {}

#[tokio::test(start_paused = true)]
async fn panicking_leader_in_a_plain_layer_answers_all_waiters() {
    let runs = Arc::new(Runs::default());
    let counted = Arc::clone(&runs);
    let handler = async move || -> Response {
        counted.next();
        sleep(FILL).await;
        panic!("as it should")
    };
    let cache = Cache::builder().spawner(Spawner::tokio()).build();
    let cache = CacheLayer::new(cache).ttl(Duration::from_secs(60));
    let app: Router = Router::new().route("/", get(handler).layer(cache));
    let ask = |app: Router| async move { app.oneshot(Request::new(Body::empty())).await.unwrap().status() };
    let leader = tokio::spawn(ask(app.clone()));
    sleep(FILL / 2).await;
    let mut others: JoinSet<StatusCode> = (0..10).map(|_| ask(app.clone())).collect();
    let mut answers = Vec::new();
    while let Some(answer) = others.join_next().await {
        answers.extend(answer.ok());
    }
    assert!(leader.await.unwrap_err().is_panic());
    assert!(answers.iter().all(|status| *status == StatusCode::INTERNAL_SERVER_ERROR), "{answers:?}");
    assert_eq!((answers.len(), runs.count()), (9, 2), "one of the waiters tries, and panics as well");
}

#[tokio::test(start_paused = true)]
async fn fills_without_a_client_are_limited() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(app(&runs));
    let clients: Vec<_> = (0..500)
        .map(|number| {
            let app = app.clone();
            tokio::spawn(async move { app.get(&format!("/flight/{number}")).send().await })
        })
        .collect();
    sleep(FILL / 2).await;
    assert_eq!(runs.count(), 500);
    clients.iter().for_each(tokio::task::JoinHandle::abort);
    sleep(FILL).await;
    let mut kept = 0;
    for number in 0..500 {
        let hit = app.get(&format!("/flight/{number}")).send().await.header("x-cache") == Some("HIT");
        kept += usize::from(hit);
    }
    assert_eq!(kept, 128);
}

#[get("/flight-of-another-route/{number}", cache(ttl = 10, stale_while_revalidate = 60))]
async fn another(number: usize, runs: Dep<Runs>) -> String {
    let run = runs.next();
    if number > 0 {
        sleep(FILL).await;
    }
    run.to_string()
}

#[get("/flight-of-one-route/{number}", cache(ttl = 10, stale_while_revalidate = 60))]
async fn one(number: usize) -> String {
    if number > 0 {
        pending::<()>().await;
    }
    number.to_string()
}

/// Clients that connect and leave use up the permits of their route, and no others.
#[tokio::test(start_paused = true)]
async fn clients_that_leave_stop_neither_refreshes_nor_other_routes() {
    let (clock, runs) = (ManualClock::new(), Arc::new(Runs::default()));
    let app = App::with_routes(routes![one, another]).provide_shared(Arc::clone(&runs));
    let app = TestApp::new(app.clock(clock.clock()).cache(Cache::builder().ttl_jitter(0.0)));
    for path in ["/flight-of-one-route/0", "/flight-of-another-route/0"] {
        app.get(path).send().await;
    }
    let leave = async |path: String| {
        let app = app.clone();
        let client = tokio::spawn(async move { app.get(&path).send().await });
        sleep(Duration::from_millis(1)).await;
        client.abort();
    };
    for number in 1..=400 {
        leave(format!("/flight-of-one-route/{number}")).await;
    }
    clock.advance(Duration::from_secs(15));
    for path in ["/flight-of-one-route/0", "/flight-of-another-route/0"] {
        assert_eq!(app.get(path).send().await.header("x-cache"), Some("STALE"), "{path}");
        sleep(FILL).await;
        assert_eq!(app.get(path).send().await.header("x-cache"), Some("HIT"), "{path}: it was refreshed");
    }
    leave("/flight-of-another-route/1".to_owned()).await;
    sleep(FILL).await;
    assert_eq!(app.get("/flight-of-another-route/1").send().await.header("x-cache"), Some("HIT"));
}

/// A request that arrives while a fill completes looks into the store before it leads a fill.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn miss_during_completion_of_a_fill_does_not_run_again() {
    const KEYS: usize = 3000;
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(App::with_routes(routes![instant]).provide_shared(Arc::clone(&runs)));
    for key in 0..KEYS {
        let clients: JoinSet<_> = (0..4)
            .map(|_| {
                let app = app.clone();
                async move { app.get(&format!("/instant/{key}")).send().await.status() }
            })
            .collect();
        clients.join_all().await;
    }
    assert_eq!(runs.count(), KEYS);
}

#[get("/instant/{key}", cache(ttl = 60))]
async fn instant(key: usize, runs: Dep<Runs>) -> String {
    runs.next();
    key.to_string()
}

#[get("/sometimes", cache(ttl = 60, tags = "sometimes"))]
async fn sometimes(runs: Dep<Runs>) -> Response {
    let run = runs.next() - 1;
    sleep(FILL).await;
    if run == 0 { (NoStore, "not yet").into_response() } else { "now".into_response() }
}

#[post("/sometimes", invalidates("sometimes"))]
async fn again() {}

/// A response that was uncacheable once is coalesced again after one could be stored.
#[tokio::test(start_paused = true)]
async fn uncacheable_mark_is_removed_when_a_response_is_stored() {
    let runs = Arc::new(Runs::default());
    let app = App::with_routes(routes![sometimes, again]).provide_shared(Arc::clone(&runs));
    let app = TestApp::new(app.clock(ManualClock::new().clock()));
    let asked = async || app.get("/sometimes").send().await.header("x-cache").unwrap().to_owned();
    assert_eq!([asked().await, asked().await], ["BYPASS", "MISS"]);
    app.post("/sometimes").send().await;
    let before = runs.count();
    ask_at_once(&app, "/sometimes").await;
    assert_eq!(runs.count() - before, 1);
}

/// The responses to credentials that no verifier has seen are not stored, and say nothing about those to others.
#[tokio::test(start_paused = true)]
async fn request_with_credentials_leaves_no_uncacheable_mark() {
    let runs = Arc::new(Runs::default());
    let app = TestApp::new(app(&runs).clock(ManualClock::new().clock()));
    let response = app.get("/flight/well").header("authorization", "Bearer of-a-stranger").send().await;
    assert_eq!(response.header("x-cache"), Some("BYPASS"));
    ask_at_once(&app, "/flight/well").await;
    assert_eq!(runs.count(), 2, "one with credentials, and one for all others");
}

#[get("/version", cache(ttl = 60, tags = "version"))]
async fn version(version: Dep<AtomicUsize>) -> (StatusCode, String) {
    let read = version.load(Ordering::SeqCst);
    sleep(FILL).await;
    (StatusCode::SERVICE_UNAVAILABLE, read.to_string())
}

#[post("/version", invalidates("version"))]
async fn next_version(version: Dep<AtomicUsize>) {
    version.fetch_add(1, Ordering::SeqCst);
}

/// A failure may hold outdated data as well.
#[tokio::test(start_paused = true)]
async fn waiter_of_a_failure_gets_nothing_older_than_an_invalidation() {
    let app = TestApp::new(App::with_routes(routes![version, next_version]).provide(AtomicUsize::new(0)));
    let ask = || {
        let app = app.clone();
        tokio::spawn(async move { app.get("/version").send().await.text().to_owned() })
    };
    let before = ask();
    sleep(FILL / 2).await;
    app.post("/version").send().await;
    let after: Vec<_> = (0..3).map(|_| ask()).collect();
    assert_eq!(before.await.unwrap(), "0");
    for answer in after {
        assert_eq!(answer.await.unwrap(), "1");
    }
}
