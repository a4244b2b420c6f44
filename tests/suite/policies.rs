//! Policies around a handler: timeout, body limit, panics, deprecation, layers of the route and of the app.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt, stream};
use http::{HeaderValue, Method, StatusCode};
use routekit::{prelude::*, test::TestApp};
use serde_json::Value;
use tower::{ServiceBuilder, ServiceExt};

#[get("/p/slow", timeout = "250ms")]
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "late"
}

#[get("/p/quick", timeout = "250ms")]
async fn quick() -> &'static str {
    tokio::time::sleep(Duration::from_millis(200)).await;
    "in time"
}

#[get("/p/stream", timeout = "250ms")]
async fn streamed() -> Body {
    Body::from_stream(stream::unfold(0, |n| async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        (n < 3).then(|| (Ok::<_, std::io::Error>(Bytes::from_static(b"x")), n + 1))
    }))
}

#[tokio::test(start_paused = true)]
async fn timeout_ends_at_the_head() {
    let app = TestApp::new(App::with_routes(routes![slow, quick, streamed]));
    let late = app.get("/p/slow").send().await;
    assert_eq!(late.status(), 504);
    assert_eq!(late.json::<Value>()["instance"], "/p/slow");
    assert_eq!(app.get("/p/quick").send().await.text(), "in time");
    assert_eq!(app.get("/p/stream").send().await.text(), "xxx", "600 ms of body are not cut");
}

#[get("/p/busy", timeout = "100ms")]
async fn busy() -> &'static str {
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_millis(200)).await;
    // It yields only when tokio's budget is used up, and the timer has no budget left then either.
    for _ in 0..10_000 {
        tokio::task::consume_budget().await;
    }
    "late"
}

#[tokio::test(start_paused = true)]
async fn busy_handler_times_out() {
    let app = TestApp::new(App::with_routes(routes![busy]));
    let answer = tokio::spawn(async move { app.get("/p/busy").send().await });
    assert_eq!(answer.await.unwrap().status(), 504);
}

#[test]
fn ready_answer_needs_no_timer() {
    // Without a runtime here, creating a timer would panic.
    let ready =
        tower::service_fn(|_: Request| std::future::ready(Ok::<_, std::convert::Infallible>(Response::default())));
    let service = tower::Layer::layer(&routekit::timeout::TimeoutLayer::new(Duration::from_secs(1)), ready);
    let answered = service.oneshot(Request::new(Body::empty())).now_or_never();
    assert_eq!(answered.unwrap().unwrap().status(), 200);
}

#[get("/p/order/{what}", timeout = "10ms", deprecated(since = "2026-01-01"))]
async fn order(what: String) -> &'static str {
    match what.as_str() {
        "slow" => tokio::time::sleep(Duration::from_millis(20)).await,
        "panic" => panic!("as it should"),
        _ => {}
    }
    "fine"
}

#[tokio::test(start_paused = true)]
async fn outer_policies_see_answers_of_inner_ones() {
    let app = TestApp::new(App::with_routes(routes![order, small]));
    for (what, status) in [("well", 200), ("slow", 504), ("panic", 500)] {
        let answer = app.get(&format!("/p/order/{what}")).send().await;
        assert_eq!(answer.status(), status, "{what}");
        assert_eq!(answer.header("deprecation"), Some("@1767225600"), "{what}");
    }
    assert_eq!(app.post("/p/small").body("123456789").send().await.status(), 413);
    let metrics = app.metrics();
    for (route, outcome) in [
        ("/p/order/{what}", r#"http_response_status_code="200""#),
        ("/p/order/{what}", r#"http_response_status_code="504",error_type="timeout""#),
        ("/p/order/{what}", r#"http_response_status_code="500",error_type="panic""#),
        ("/p/small", r#"http_response_status_code="413""#),
    ] {
        let labels = format!(r#"http_route="{route}",{outcome}}} 1"#);
        let counted = metrics.lines().any(|line| line.contains("duration_seconds_count") && line.ends_with(&labels));
        assert!(counted, "{route} {outcome}\n{metrics}");
    }
    for (method, route, policy) in [
        ("GET", "/p/order/{what}", "timeout"),
        ("GET", "/p/order/{what}", "catch_panic"),
        ("POST", "/p/small", "body_limit"),
    ] {
        let line = format!(
            "routekit_policy_answers_total\
             {{http_request_method=\"{method}\",http_route=\"{route}\",policy=\"{policy}\"}} 1"
        );
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
}

#[post("/p/small", body_limit = 8)]
async fn small(body: Bytes) -> String {
    body.len().to_string()
}

#[post("/p/default")]
async fn default_limit(body: Bytes) -> String {
    body.len().to_string()
}

#[post("/p/large", body_limit = "4MiB")]
async fn large(body: Bytes) -> String {
    body.len().to_string()
}

#[post("/p/unread", body_limit = 8)]
async fn unread() -> &'static str {
    "not read"
}

#[post("/p/raw", body_limit = 8)]
async fn raw(request: Request) -> Result<String> {
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await;
    body.map(|bytes| bytes.len().to_string()).map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE))
}

/// A body whose length is unknown until it ends.
fn chunked(bytes: usize) -> Body {
    let chunks = (0..bytes).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x")));
    Body::from_stream(stream::iter(chunks))
}

#[tokio::test]
async fn body_beyond_the_limit_is_413() {
    let app = TestApp::new(App::with_routes(routes![small, default_limit, large, unread, raw]));
    let rows: Vec<(&str, &str, Body, u16)> = vec![
        ("up to the limit", "/p/small", Body::from("12345678"), 200),
        ("one more", "/p/small", Body::from("123456789"), 413),
        ("chunked, up to the limit", "/p/small", chunked(8), 200),
        ("chunked, one more", "/p/small", chunked(9), 413),
        ("2 MiB by default, as in axum", "/p/default", Body::from(vec![0; 2 << 20]), 200),
        ("more by default", "/p/default", Body::from(vec![0; (2 << 20) + 1]), 413),
        ("beyond axum's own limit", "/p/large", Body::from(vec![0; 4 << 20]), 200),
        ("beyond ours", "/p/large", Body::from(vec![0; (4 << 20) + 1]), 413),
        ("too long, though the handler does not read it", "/p/unread", Body::from("123456789"), 413),
        ("a raw request is limited too", "/p/raw", chunked(9), 413),
        ("chunked, beyond axum's own limit", "/p/large", chunked(3 << 20), 200),
        ("chunked, beyond ours", "/p/large", chunked((4 << 20) + 1), 413),
    ];
    for (name, path, body, status) in rows {
        let answer = app.post(path).body(body).send().await;
        assert_eq!(answer.status(), status, "{name}");
        if status == 413 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
            assert_eq!(answer.json::<Value>()["status"], 413, "{name}");
        }
    }
}

#[get("/p/panic")]
async fn panics() {
    panic!("the secret is 42");
}

#[get("/p/panic-later")]
async fn panics_later() {
    tokio::task::yield_now().await;
    panic!("later");
}

#[tokio::test]
async fn panic_is_a_500_problem() {
    let app = TestApp::new(App::with_routes(routes![panics, panics_later]));
    for path in ["/p/panic", "/p/panic-later"] {
        let answer = app.get(path).send().await;
        assert_eq!(answer.status(), 500, "{path}");
        assert!(!answer.text().contains("secret"), "{}", answer.text());
        assert_eq!(answer.json::<Value>()["title"], "Internal Server Error");
    }
}

#[get("/p/old", deprecated(since = "2026-01-01", sunset = "2026-12-31"))]
async fn old() {}

#[get("/p/older", deprecated(since = "2026-01-01"))]
async fn older() -> Response {
    ([("deprecation", "@1"), ("x", "y")], "handler's own").into_response()
}

#[tokio::test]
async fn deprecated_route_sends_its_headers() {
    let app = TestApp::new(App::with_routes(routes![old, older]));
    let answer = app.get("/p/old").send().await;
    assert_eq!(answer.header("deprecation"), Some("@1767225600"));
    assert_eq!(answer.header("sunset"), Some("Thu, 31 Dec 2026 00:00:00 GMT"));
    let answer = app.get("/p/older").send().await;
    assert_eq!(answer.header("deprecation"), Some("@1"));
    assert_eq!(answer.header("sunset"), None);
}

#[tokio::test]
async fn unmatched_requests_are_problems() {
    let app = TestApp::new(App::with_routes(routes![old, small]));
    let answer = app.get("/p/nothing").send().await;
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>()["instance"], "/p/nothing");

    let answer = app.delete("/p/old").send().await;
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    assert_eq!(answer.json::<Value>()["detail"], "allowed methods: GET, HEAD");
    assert_eq!(answer.header("content-length"), None, "it is counted again by the server");
}

#[get("/p/missing")]
async fn missing() -> Result<&'static str> {
    Err(Problem::not_found("nothing here"))
}

#[get("/p/challenged")]
async fn challenged() -> Problem {
    let challenge = |scheme| (http::header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    let ((name, bearer), (_, basic)) = (challenge("Bearer"), challenge("Basic"));
    Problem::unauthorized("who are you?").with_header(name.clone(), bearer).with_header(name, basic)
}

#[get("/p/bare")]
async fn bare() -> StatusCode {
    StatusCode::CONFLICT
}

#[get("/p/html")]
async fn html() -> (StatusCode, axum::response::Html<&'static str>) {
    (StatusCode::NOT_FOUND, axum::response::Html("<p>nothing</p>"))
}

#[tokio::test]
async fn handler_errors_become_problems() {
    let app = TestApp::new(App::with_routes(routes![missing, bare, html, challenged]));
    assert_eq!(app.get("/p/missing").send().await.json::<Value>()["detail"], "nothing here");
    assert_eq!(app.get("/p/bare").send().await.json::<Value>()["title"], "Conflict");
    assert_eq!(app.get("/p/html").send().await.text(), "<p>nothing</p>", "what a handler wrote stays");

    let challenged = app.get("/p/challenged").send().await;
    assert_eq!(challenged.headers().get_all("www-authenticate").iter().count(), 2);

    let head = app.request(Method::HEAD, "/p/missing").send().await;
    let get = app.get("/p/missing").send().await;
    assert_eq!(head.status(), 404);
    assert_eq!(head.bytes().len(), 0);
    assert_eq!(head.header("content-length"), Some(get.bytes().len().to_string().as_str()));
}

/// A layer whose state is created once a route and then counts requests.
#[derive(Clone, Default)]
struct CountLayer;

impl<S> tower::Layer<S> for CountLayer {
    type Service = Count<S>;

    fn layer(&self, inner: S) -> Count<S> {
        Count { inner, count: Arc::new(AtomicUsize::new(0)) }
    }
}

#[derive(Clone)]
struct Count<S> {
    inner: S,
    count: Arc<AtomicUsize>,
}

impl<S> tower::Service<Request> for Count<S>
where
    S: tower::Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        request.headers_mut().insert("x-count", HeaderValue::from(count));
        self.inner.call(request)
    }
}

#[get("/p/layered", timeout = "1s", layer(ServiceBuilder::new().layer(CountLayer).timeout(Duration::from_millis(50))))]
async fn layered(headers: http::HeaderMap) -> String {
    if headers.contains_key("x-slow") {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    headers["x-count"].to_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn route_layer_wraps_its_route_only() {
    let app = TestApp::new(App::with_routes(routes![layered]));
    assert_eq!(app.get("/p/layered").send().await.text(), "1");
    assert_eq!(app.get("/p/layered").send().await.text(), "2");
    assert_eq!(app.get("/p/layered").header("x-slow", "1").send().await.status(), 500, "a layer's error is internal");
}

#[tokio::test]
async fn app_layer_wraps_everything() {
    let stamp = axum::middleware::map_response(|mut response: Response| async {
        response.headers_mut().insert("x-stamp", HeaderValue::from_static("yes"));
        response
    });
    let app = TestApp::new(App::with_routes(routes![missing]).layer(stamp));
    for path in ["/p/missing", "/nothing", "/health/live"] {
        assert_eq!(app.get(path).send().await.header("x-stamp"), Some("yes"), "{path}");
    }
}

#[tokio::test]
async fn outer_layer_can_change_the_response_of_a_problem() {
    let encoded = axum::middleware::map_response(|mut response: Response| async {
        response.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
        response
    });
    let app = TestApp::new(App::with_routes(routes![missing]).layer(encoded));
    let answer = app.get("/p/missing").send().await;
    assert_eq!(answer.header("content-encoding"), None, "the document was written anew");
    assert_eq!(answer.json::<Value>()["status"], 404);

    let masked = axum::middleware::map_response(|mut response: Response| async {
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    });
    let app = TestApp::new(App::with_routes(routes![missing]).layer(masked));
    let answer = app.get("/p/missing").send().await;
    assert_eq!((answer.status().as_u16(), answer.json::<Value>()["status"].as_u64()), (403, Some(403)));
}

#[get("/p/conditional")]
#[cfg(any())]
async fn conditional() {}

#[tokio::test]
async fn handlers_can_return_foreign_errors() {
    #[derive(Debug)]
    struct OutOfStock;

    impl IntoResponse for OutOfStock {
        fn into_response(self) -> Response {
            (StatusCode::CONFLICT, "out of stock").into_response()
        }
    }

    #[get("/p/stock")]
    async fn stock() -> Result<impl IntoResponse, OutOfStock> {
        Err::<&str, _>(OutOfStock)
    }

    let app = TestApp::new(App::with_routes(routes![stock]));
    let answer = app.get("/p/stock").send().await;
    assert_eq!((answer.status().as_u16(), answer.text()), (409, "out of stock"));
}
