//! Limits on simultaneous requests of a route.

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::FutureExt;
use http::StatusCode;
use routekit::{config::Config, prelude::*, test::TestApp};
use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet};

struct Gate(Semaphore);

#[get("/c/{how}", concurrency = 4, timeout = "1s")]
async fn limited(how: String, gate: Dep<Gate>) -> StatusCode {
    match how.as_str() {
        "panic" => panic!("as it should"),
        "hang" => pending().await,
        "wait" => gate.0.acquire().await.unwrap().forget(),
        "fail" => return StatusCode::INTERNAL_SERVER_ERROR,
        _ => {}
    }
    StatusCode::OK
}

fn app() -> (App, Arc<Gate>) {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    (App::with_routes(routes![limited]).provide_shared(Arc::clone(&gate)), gate)
}

fn in_flight(app: &TestApp) -> String {
    let text = app.metrics();
    let line = text.lines().find(|line| line.starts_with("routekit_concurrency_in_flight{")).unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn request_beyond_the_limit_is_503_at_once() {
    let (app, gate) = app();
    let app = TestApp::new(app);
    let mut waiting = JoinSet::new();
    for _ in 0..4 {
        waiting.spawn(app.get("/c/wait").send());
    }
    tokio::task::yield_now().await;
    assert_eq!(in_flight(&app), "4");
    let refused = app.get("/c/fine").send().now_or_never().expect("no request waits");
    assert_eq!((refused.status(), refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    let detail = "too many requests of this kind are in progress; try again in a moment";
    assert_eq!(refused.json::<Value>()["detail"], detail);
    gate.0.add_permits(4);
    assert!(waiting.join_all().await.iter().all(|answer| answer.status() == 200));
    assert_eq!(app.get("/c/fine").send().await.status(), 200);
    let text = app.metrics();
    let route = r#"http_request_method="GET",http_route="/c/{how}""#;
    for line in [
        format!("routekit_concurrency_rejected_total{{{route}}} 1"),
        format!(r#"routekit_policy_answers_total{{{route},policy="concurrency"}} 1"#),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.contains(r#"error_type="concurrency""#), "{text}");
}

#[tokio::test(start_paused = true)]
async fn every_exit_returns_its_permit() {
    let (app, _gate) = app();
    let app = TestApp::new(app);
    for (how, status) in [("fine", 200), ("fail", 500), ("panic", 500), ("hang", 504)] {
        for _ in 0..20 {
            assert_eq!(app.get(&format!("/c/{how}")).send().await.status(), status, "{how}");
        }
        assert_eq!(in_flight(&app), "0", "{how}");
    }
    for _ in 0..20 {
        assert!(app.get("/c/hang").send().now_or_never().is_none(), "a client that leaves");
    }
    assert_eq!(in_flight(&app), "0");
    assert_eq!(app.get("/c/fine").send().await.status(), 200);
}

#[tokio::test]
async fn limit_is_per_route_and_not_per_connection() {
    let (app, gate) = app();
    let app = crate::wire::run(app).await;
    let mut waiting = JoinSet::new();
    for _ in 0..4 {
        let mut connection = app.http1_connection().await;
        waiting.spawn(async move { connection.send_request(crate::wire::get("/c/wait")).await.unwrap().status() });
    }
    let refused = tokio::time::timeout(Duration::from_secs(30), async {
        while app.http1(crate::wire::get("/c/fine")).await.0.status != 503 {}
    });
    refused.await.expect("four connections hold what there is");
    gate.0.add_permits(4);
    assert!(waiting.join_all().await.iter().all(|status| *status == 200));
}

#[test]
fn limit_can_be_configured() {
    let configured = |value: &str| {
        let toml = format!("[route.\"GET /c/{{how}}\"]\nconcurrency = {value}\n");
        Config::builder().toml("routekit.toml", toml).build()
    };
    for (value, expected) in
        [("7", "concurrency = 7 (routekit.toml)"), ("\"off\"", "concurrency = off (routekit.toml)")]
    {
        let app = TestApp::new(app().0.config(configured(value).unwrap()));
        let said = app.table().explain("GET /c/{how}").unwrap().to_string();
        assert!(said.contains(expected), "{said}");
    }
    for wrong in ["0", "-1", "\"many\""] {
        let said = configured(wrong).unwrap_err().to_string();
        assert!(said.contains("concurrency"), "{said}");
    }
}
