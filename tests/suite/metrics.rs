//! Metrics of requests: counts, labels, and isolation between apps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures_util::{FutureExt, StreamExt};
use http::{Method, Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use routekit::{
    ManualClock,
    config::{AdminAddr, Config},
    correlation::CorrelationId,
    observe::{Failure, Finished, Observer},
    prelude::*,
    test::TestApp,
};
use tower::ServiceExt;

use crate::{support::until, wire};

#[get("/m/items/{id}")]
async fn item(id: u32, clock: Dep<ManualClock>) -> Result<String> {
    clock.advance(Duration::from_millis(60));
    if id == 0 { Err(Problem::not_found("no item 0")) } else { Ok(id.to_string()) }
}

#[get("/m/forever")]
async fn forever() {
    std::future::pending::<()>().await;
}

fn app() -> TestApp {
    let clock = ManualClock::new();
    TestApp::builder(App::with_routes(routes![item, forever])).provide(clock.clone()).clock(clock.clock()).build()
}

fn line(app: &TestApp, start: &str) -> Option<String> {
    app.metrics().lines().find(|line| line.starts_with(start)).map(str::to_owned)
}

#[tokio::test]
async fn requests_are_counted_by_template_and_status() {
    let app = app();
    for (path, status) in [("/m/items/1", 200), ("/m/items/2", 200), ("/m/items/0", 404), ("/m/items/x", 400)] {
        assert_eq!(app.get(path).send().await.status(), status, "{path}");
    }
    let labels = |status: u16| {
        format!(r#"{{http_request_method="GET",http_route="/m/items/{{id}}",http_response_status_code="{status}"}}"#)
    };
    for (status, count) in [(200, 2), (404, 1), (400, 1)] {
        let name = format!("http_server_request_duration_seconds_count{} ", labels(status));
        assert_eq!(line(&app, &name), Some(format!("{name}{count}")));
    }
    let sum = format!("http_server_request_duration_seconds_sum{} ", labels(404));
    assert_eq!(line(&app, &sum), Some(format!("{sum}0.06")));
    assert!(!app.metrics().contains("/m/items/1"), "never the URL");
}

#[tokio::test]
async fn client_that_leaves_is_counted_once() {
    let app = app();
    let labels = r#"{http_request_method="GET",http_route="/m/forever"}"#;
    let count = |name: &str, labels: &str| line(&app, &format!("{name}{labels} "));
    let mut request = Box::pin(app.get("/m/forever").send());
    assert!(request.as_mut().now_or_never().is_none());
    assert_eq!(count("http_server_active_requests", labels).unwrap().split(' ').next_back(), Some("1"));
    drop(request);
    assert_eq!(count("http_server_active_requests", labels).unwrap().split(' ').next_back(), Some("0"));
    assert_eq!(count("http_server_requests_cancelled_total", labels).unwrap().split(' ').next_back(), Some("1"));
    let cancelled = r#"{http_request_method="GET",http_route="/m/forever",error_type="cancelled"}"#;
    let counted = count("http_server_request_duration_seconds_count", cancelled).unwrap();
    assert_eq!(counted.split(' ').next_back(), Some("1"), "{counted}");
}

#[tokio::test]
async fn connection_closed_by_the_client_is_counted_once() {
    let mut app =
        wire::run(App::with_routes(routes![forever, item]).provide(ManualClock::new()).configure(in_main)).await;
    let mut connection = app.http1_connection().await;
    let mut answer = Box::pin(connection.send_request(wire::get("/m/forever")));
    assert!(answer.as_mut().now_or_never().is_none());
    let of_forever = async |name: &str| {
        let text = app.http1(wire::get("/metrics")).await.1;
        let start = format!("{name}{{http_request_method=\"GET\",http_route=\"/m/forever\"");
        let line = text.lines().find(|line| line.starts_with(&start)).map(str::to_owned);
        line.and_then(|line| line.rsplit(' ').next().map(str::to_owned)).unwrap_or_default()
    };
    while of_forever("http_server_active_requests").await != "1" {
        tokio::task::yield_now().await;
    }
    drop((answer, connection));
    while of_forever("http_server_active_requests").await != "0" {
        tokio::task::yield_now().await;
    }
    assert_eq!(of_forever("http_server_requests_cancelled_total").await, "1");
    let text = app.http1(wire::get("/metrics")).await.1;
    let cancelled = concat!(
        "http_server_request_duration_seconds_count",
        r#"{http_request_method="GET",http_route="/m/forever",error_type="cancelled"} 1"#
    );
    assert!(text.lines().any(|line| line == cancelled), "{text}");
    app.stop();
    app.stopped().await.unwrap();
}

/// The admin surface beside the routes.
fn in_main(config: &mut Config) {
    config.set_admin_addr(AdminAddr::Main);
}

#[get("/m/stream/{how}")]
async fn stream(how: String) -> Body {
    let first = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"first")) });
    match how.as_str() {
        "trailers" => {
            let trailers = futures_util::stream::once(async { Ok(Frame::trailers(http::HeaderMap::new())) });
            Body::new(StreamBody::new(first.map(|data| data.map(Frame::data)).chain(trailers)))
        }
        "panic" => Body::from_stream(first.chain(futures_util::stream::poll_fn(|_| panic!("as it should")))),
        "whole" => {
            Body::from_stream(first.chain(futures_util::stream::once(async { Ok(Bytes::from_static(b"last")) })))
        }
        "broken" => {
            Body::from_stream(first.chain(futures_util::stream::once(async { Err(std::io::Error::other("no")) })))
        }
        _ => Body::from_stream(first.chain(futures_util::stream::pending())),
    }
}

#[tokio::test]
async fn body_without_a_length_is_measured_to_its_end() {
    let app = TestApp::new(App::with_routes(routes![stream]));
    let active = r#"http_server_active_requests{http_request_method="GET",http_route="/m/stream/{how}"} "#;
    let labels = |error: &str| {
        format!(
            r#"{{http_request_method="GET",http_route="/m/stream/{{how}}",http_response_status_code="200"{error}}} "#
        )
    };
    for (how, error, bytes) in
        [("whole", "", 9), ("broken", r#",error_type="body""#, 5), ("left", r#",error_type="cancelled""#, 5)]
    {
        let request = Request::get(format!("/m/stream/{how}")).body(Body::empty()).unwrap();
        let mut body = app.call(request).await.into_body();
        assert_eq!(line(&app, active), Some(format!("{active}1")), "{how}: it is still being sent");
        match how {
            "left" => drop(body.frame().await),
            _ => while body.frame().await.is_some_and(|frame| frame.is_ok()) {},
        }
        drop(body);
        assert_eq!(line(&app, active), Some(format!("{active}0")), "{how}");
        for (name, value) in
            [("http_server_request_duration_seconds_count", 1), ("http_server_response_body_size_bytes_sum", bytes)]
        {
            let name = format!("{name}{}", labels(error));
            assert_eq!(line(&app, &name), Some(format!("{name}{value}")), "{how}");
        }
    }
}

#[tokio::test]
async fn body_with_trailers_is_measured_to_its_end() {
    let mut app = wire::run(App::with_routes(routes![stream]).configure(in_main)).await;
    assert_eq!(app.http1(wire::get("/m/stream/trailers")).await.1, "first");
    let mut connection = app.http2_connection().await;
    let uri = format!("http://{}/m/stream/trailers", app.addr);
    let request = Request::get(uri).body(Body::empty()).unwrap();
    assert_eq!(wire::read(connection.send_request(request).await.unwrap()).await.1, "first");
    let text = app.http1(wire::get("/metrics")).await.1;
    let labels = r#"{http_request_method="GET",http_route="/m/stream/{how}",http_response_status_code="200"} 2"#;
    let line = format!("http_server_request_duration_seconds_count{labels}");
    assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    drop(connection);
    app.stop();
    app.stopped().await.unwrap();
}

#[tokio::test]
async fn panicking_body_is_counted_as_a_failure() {
    let app = TestApp::new(App::with_routes(routes![stream]));
    let request = Request::get("/m/stream/panic").body(Body::empty()).unwrap();
    let body = app.call(request).await.into_body();
    let read = tokio::spawn(body.collect()).await;
    assert!(read.unwrap_err().is_panic());
    let labels = concat!(
        r#"{http_request_method="GET",http_route="/m/stream/{how}","#,
        r#"http_response_status_code="200",error_type="body"} "#
    );
    let name = format!("http_server_request_duration_seconds_count{labels}");
    assert_eq!(line(&app, &name), Some(format!("{name}1")));
}

#[tokio::test]
async fn route_matched_after_the_client_left_is_not_in_flight() {
    // A layer that moves requests to a task of their own, as tower's `Buffer` does.
    let elsewhere = axum::middleware::from_fn(|request: Request<Body>, next: axum::middleware::Next| async move {
        let answer = tokio::spawn(async move {
            tokio::task::yield_now().await;
            next.run(request).await
        });
        answer.await.unwrap()
    });
    let told = Arc::new(Told::default());
    let app = App::with_routes(routes![yields]).observer(Teller(Arc::clone(&told))).layer(elsewhere);
    let app = TestApp::new(app);
    assert_eq!(app.get("/m/yield/1").send().await.status(), 200);
    assert_eq!(told.started.load(Ordering::Relaxed), 1, "the route is known in another task too");
    let mut request = Box::pin(app.get("/m/yield/1").send());
    assert!(request.as_mut().now_or_never().is_none());
    drop(request);
    let active = r#"http_server_active_requests{http_request_method="GET",http_route="/m/yield/{times}"} "#;
    until("the request to end", || line(&app, active) == Some(format!("{active}0"))).await;
    assert_eq!(told.started.load(Ordering::Relaxed), 1, "what has ended does not start");
    assert_eq!(told.finished.load(Ordering::Relaxed), 2);
}

/// A body that announces a length and sends nothing.
struct Announced(u64);

impl http_body::Body for Announced {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0)
    }
}

#[tokio::test]
async fn announced_length_is_not_counted_as_sent() {
    let app = TestApp::new(App::with_routes(routes![echo]));
    let request = Request::post("/m/echo").body(Body::new(Announced(u64::MAX - 10))).unwrap();
    assert_eq!(app.call(request).await.status(), 413);
    let labels = r#"{http_request_method="POST",http_route="/m/echo",http_response_status_code="413"} "#;
    let name = format!("http_server_request_body_size_bytes_sum{labels}");
    assert_eq!(line(&app, &name), Some(format!("{name}0")));
}

#[tokio::test]
async fn app_within_an_app_counts_once_and_has_one_id() {
    #[get("/m/id")]
    async fn id(id: CorrelationId) -> String {
        id.to_string()
    }
    let told = Arc::new(Told::default());
    let inner = App::with_routes(routes![id]).config(Config::default()).observer(Teller(Arc::clone(&told)));
    let app = TestApp::new(
        App::with_routes(routes![item]).provide(ManualClock::new()).nest("/in", inner.into_router().unwrap()),
    );
    let answer = app.get("/in/m/id").send().await;
    assert_eq!(Some(answer.text()), answer.header("x-correlation-id"));
    let labels = r#"{http_request_method="GET",http_route="/in/m/id",http_response_status_code="200"} "#;
    let name = format!("http_server_request_duration_seconds_count{labels}");
    assert_eq!(line(&app, &name), Some(format!("{name}1")));
    assert_eq!(told.finished.load(Ordering::Relaxed), 0, "the outer one counts");
}

#[post("/m/echo")]
async fn echo(body: Bytes) -> Bytes {
    body
}

#[tokio::test]
async fn bodies_are_measured() {
    let app = TestApp::new(App::with_routes(routes![echo]));
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>("123"), Ok("45")]);
    for body in [Body::from("12345"), Body::from_stream(chunks)] {
        assert_eq!(app.post("/m/echo").body(body).send().await.text(), "12345");
    }
    for name in ["http_server_request_body_size_bytes_sum", "http_server_response_body_size_bytes_sum"] {
        let name =
            format!(r#"{name}{{http_request_method="POST",http_route="/m/echo",http_response_status_code="200"}} "#);
        assert_eq!(line(&app, &name), Some(format!("{name}10")));
    }
}

#[get("/m/slow", slow = "50ms")]
async fn slow(clock: Dep<ManualClock>) {
    clock.advance(Duration::from_millis(60));
}

#[tokio::test]
async fn slow_requests_are_counted_by_the_threshold_of_their_route() {
    let clock = ManualClock::new();
    let app = App::with_routes(routes![slow, item]).provide(clock.clone()).clock(clock.clock());
    let app = TestApp::new(app);
    for path in ["/m/slow", "/m/slow", "/m/items/1"] {
        assert_eq!(app.get(path).send().await.status(), 200);
    }
    for (route, count) in [("/m/slow", 2), ("/m/items/{id}", 0)] {
        let name = format!(r#"http_server_slow_requests_total{{http_request_method="GET",http_route="{route}"}} "#);
        assert_eq!(line(&app, &name), Some(format!("{name}{count}")));
    }
}

#[test]
fn declared_routes_have_series_from_the_start() {
    let text = app().metrics();
    for route in ["/m/items/{id}", "/m/forever"] {
        let labels = format!(r#"{{http_request_method="GET",http_route="{route}""#);
        for name in [
            "http_server_active_requests",
            "http_server_requests_cancelled_total",
            "http_server_slow_requests_total",
            "http_server_request_duration_seconds_count",
            "http_server_request_body_size_bytes_count",
            "http_server_response_body_size_bytes_count",
        ] {
            let start = format!("{name}{labels}");
            assert!(text.lines().any(|line| line.starts_with(&start) && line.ends_with(" 0")), "{start}\n{text}");
        }
    }
    crate::process::promtool_accepts(&text);
}

#[tokio::test]
async fn unmatched_requests_add_no_series() {
    let app = app();
    let ask = async |n: u32| {
        let method = Method::from_bytes(format!("M{n}").as_bytes()).unwrap();
        assert_eq!(app.request(method, &format!("/nothing/{n}")).send().await.status(), StatusCode::NOT_FOUND);
        assert_eq!(app.get(&format!("/nothing/{n}?q={n}")).send().await.status(), StatusCode::NOT_FOUND);
        let method = Method::from_bytes(format!("N{n}").as_bytes()).unwrap();
        assert_eq!(app.request(method, "/m/items/1").send().await.status(), StatusCode::METHOD_NOT_ALLOWED);
    };
    ask(0).await;
    let before = app.metrics();
    for n in 1..300 {
        ask(n).await;
    }
    let after = app.metrics();
    assert_eq!(after.lines().count(), before.lines().count());
    for (labels, count) in [
        (r#"{http_request_method="_OTHER",http_response_status_code="404"}"#, 300),
        (r#"{http_request_method="GET",http_response_status_code="404"}"#, 300),
        (r#"{http_request_method="_OTHER",http_route="/m/items/{id}",http_response_status_code="405"}"#, 300),
    ] {
        let line = format!("http_server_request_duration_seconds_count{labels} {count}");
        assert!(after.lines().any(|found| found == line), "{line}\n{after}");
    }
    assert!(!after.contains("nothing"), "never the URL");
}

#[tokio::test]
async fn hand_written_routes_are_measured() {
    let get = |path: &str| axum::Router::new().route(path, axum::routing::get(|| async { "theirs" }));
    let app = App::with_routes(routes![item]).provide(ManualClock::new());
    let app = TestApp::new(app.merge(get("/their/{id}")).nest("/nested", get("/{name}")).configure(in_main));
    for path in ["/their/1", "/their/2", "/nested/x", "/health/live", "/metrics"] {
        assert_eq!(app.get(path).send().await.status(), 200, "{path}");
    }
    for (route, count) in [("/their/{id}", 2), ("/nested/{name}", 1), ("/health/live", 1), ("/metrics", 1)] {
        let labels = format!(r#"{{http_request_method="GET",http_route="{route}",http_response_status_code="200"}} "#);
        let name = format!("http_server_request_duration_seconds_count{labels}");
        assert_eq!(line(&app, &name), Some(format!("{name}{count}")));
    }
}

#[tokio::test]
async fn responses_of_layers_are_measured() {
    let refuse =
        axum::middleware::from_fn(|_: Request<Body>, _: axum::middleware::Next| async { StatusCode::FORBIDDEN });
    let app = TestApp::new(App::with_routes(routes![item]).provide(ManualClock::new()).layer(refuse));
    assert_eq!(app.get("/m/items/1").send().await.status(), 403);
    let name =
        r#"http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="403"} "#;
    assert_eq!(line(&app, name), Some(format!("{name}1")), "no route was reached");
}

#[tokio::test]
async fn recorder_of_the_program_receives_the_metrics() {
    let theirs = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let app =
        || App::with_routes(routes![item]).provide(ManualClock::new()).config(Config::default()).configure(in_main);
    let router = metrics::with_local_recorder(&theirs, || app().into_router().unwrap());
    let ask = |path: &str| router.clone().oneshot(wire::get(path));
    assert_eq!(ask("/m/items/1").await.unwrap().status(), 200);
    let shown = ask("/metrics").await.unwrap();
    assert_eq!(shown.headers()["content-type"], "application/json", "the text is scraped elsewhere");
    let text = theirs.handle().render();
    assert!(text.contains(r#"http_route="/m/items/{id}",http_response_status_code="200""#), "{text}");
    let own = app().into_router().unwrap();
    assert_eq!(own.oneshot(wire::get("/metrics")).await.unwrap().status(), 200);
}

/// Counts what an observer is told.
#[derive(Default)]
struct Told {
    started: AtomicU64,
    finished: AtomicU64,
    cancelled: AtomicU64,
}

struct Teller(Arc<Told>);

impl Observer for Teller {
    fn started(&self, _: &Method) {
        self.0.started.fetch_add(1, Ordering::Relaxed);
    }

    fn finished(&self, request: &Finished<'_>) {
        self.0.finished.fetch_add(1, Ordering::Relaxed);
        if request.failure == Some(Failure::Cancelled) {
            self.0.cancelled.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[get("/m/yield/{times}")]
async fn yields(times: u32) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_cancelled_at_random_end_once_each() {
    let told = Arc::new(Told::default());
    let app = TestApp::new(App::with_routes(routes![yields]).observer(Teller(Arc::clone(&told))));
    let requests = (0..2_000_u64).map(|n| {
        let app = app.clone();
        let request = tokio::spawn(async move { app.get(&format!("/m/yield/{}", n % 50)).send().await });
        let abort = request.abort_handle();
        // Some are cancelled before they begin, some while they run, some after they ended.
        tokio::spawn(async move {
            for _ in 0..n % 37 {
                tokio::task::yield_now().await;
            }
            if n % 3 == 0 {
                abort.abort();
            }
        });
        request
    });
    let outcomes = futures_util::future::join_all(requests.collect::<Vec<_>>()).await;
    let answered = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    assert_eq!(read(&told.started), read(&told.finished));
    assert!(read(&told.finished) - read(&told.cancelled) >= answered, "an answer is not a cancellation");
    assert!(read(&told.cancelled) <= 2_000 - answered, "no request is cancelled twice");
    let active = r#"http_server_active_requests{http_request_method="GET",http_route="/m/yield/{times}"} "#;
    assert_eq!(line(&app, active), Some(format!("{active}0")));
}

#[test]
fn buckets_can_be_configured() {
    let app = App::with_routes(routes![item]).provide(ManualClock::new());
    let app = TestApp::new(app.configure(|config| config.set_duration_buckets(vec![0.1, 2.0])));
    let text = app.metrics();
    let buckets: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("http_server_request_duration_seconds_bucket"))
        .filter_map(|line| line.split("le=\"").nth(1)?.split('"').next())
        .collect();
    assert_eq!(buckets, ["0.1", "2", "+Inf"]);
}

#[tokio::test]
async fn head_is_counted_as_head() {
    let app = app();
    assert_eq!(app.request(Method::HEAD, "/m/items/1").send().await.status(), 200);
    let name = r#"http_server_request_duration_seconds_count{http_request_method="HEAD",http_route="/m/items/{id}""#;
    assert!(line(&app, name).is_some());
}

#[get("/m/status/{code}")]
async fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

#[tokio::test]
async fn status_beyond_599_has_its_own_label() {
    let app = TestApp::new(App::with_routes(routes![status]));
    for code in [600, 500] {
        assert_eq!(app.get(&format!("/m/status/{code}")).send().await.status(), code);
        assert!(app.metrics().contains(&format!("http_response_status_code=\"{code}\"")), "{}", app.metrics());
    }
}

#[tokio::test]
async fn two_apps_share_no_metrics() {
    let (one, two) = (app(), app());
    let before = two.metrics().lines().count();
    assert_eq!(one.get("/m/items/0").send().await.status(), 404);
    assert_eq!(two.metrics().lines().count(), before);
}

#[tokio::test]
async fn prometheus_metrics_pass_promtool() {
    let app = App::with_routes(routes![item]).provide(ManualClock::new()).configure(in_main);
    let app = wire::run(app).await;
    assert_eq!(app.http1(wire::get("/m/items/1")).await.0.status, 200);
    let (parts, text) = app.http1(wire::get("/metrics")).await;
    assert_eq!(parts.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.contains(r#"http_route="/m/items/{id}",http_response_status_code="200",le="0.005""#), "{text}");
    crate::process::promtool_accepts(&text);
}
