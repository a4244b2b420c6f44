//! What is counted, under which labels, and that tests share none of it.

use std::time::Duration;

use futures_util::FutureExt;
use http::{Method, StatusCode};
use routekit::{Clock, prelude::*, test::TestApp};

use crate::wire;

#[get("/m/items/{id}")]
async fn item(id: u32, clock: Dep<Clock>) -> Result<String> {
    clock.advance(Duration::from_millis(60));
    if id == 0 { Err(Problem::not_found("no item 0")) } else { Ok(id.to_string()) }
}

#[get("/m/forever")]
async fn forever() {
    std::future::pending::<()>().await;
}

fn app() -> TestApp {
    let clock = Clock::manual();
    TestApp::builder(App::with_routes(routes![item, forever])).provide(clock.clone()).clock(clock).build()
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
async fn a_client_that_leaves_is_subtracted() {
    let app = app();
    let active = r#"http_server_active_requests{http_request_method="GET",http_route="/m/forever"} "#;
    let mut request = Box::pin(app.get("/m/forever").send());
    assert!(request.as_mut().now_or_never().is_none());
    assert_eq!(line(&app, active), Some(format!("{active}1")));
    drop(request);
    assert_eq!(line(&app, active), Some(format!("{active}0")));
}

#[tokio::test]
async fn unmatched_requests_make_no_labels() {
    let app = app();
    let before = app.metrics().lines().count();
    for n in 0..100 {
        let method = Method::from_bytes(format!("M{n}").as_bytes()).unwrap();
        assert_eq!(app.request(method, &format!("/nothing/{n}")).send().await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(app.metrics().lines().count(), before);
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
async fn a_status_beyond_599_is_no_other() {
    let app = TestApp::new(App::with_routes(routes![status]));
    for code in [600, 500] {
        assert_eq!(app.get(&format!("/m/status/{code}")).send().await.status(), code);
        assert!(app.metrics().contains(&format!("http_response_status_code=\"{code}\"")), "{}", app.metrics());
    }
}

#[tokio::test]
async fn two_apps_share_nothing() {
    let (one, two) = (app(), app());
    assert_eq!(one.get("/m/items/1").send().await.status(), 200);
    assert!(!two.metrics().contains("/m/items"), "{}", two.metrics());
}

#[tokio::test]
async fn prometheus_scrapes_them() {
    let app = wire::run(App::with_routes(routes![item]).provide(Clock::manual())).await;
    assert_eq!(app.http1(wire::get("/m/items/1")).await.0.status, 200);
    let (parts, text) = app.http1(wire::get("/metrics")).await;
    assert_eq!(parts.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.contains(r#"http_route="/m/items/{id}",http_response_status_code="200",le="0.005""#), "{text}");
    crate::process::promtool_accepts(&text);
}
