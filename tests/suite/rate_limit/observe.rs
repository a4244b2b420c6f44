//! Limits that only observe.

use std::time::Duration;

use routekit::{ManualClock, prelude::*, test::TestApp};

use super::{statuses, still};
use crate::logs;

#[get("/r/observed", rate_limit("2/h", mode = "observe"))]
async fn observed() {}

#[get("/r/both", rate_limit("2/h", mode = "observe", name = "planned"), rate_limit("4/h"))]
async fn both() {}

#[tokio::test]
async fn observing_limit_refuses_nothing_and_counts() {
    let (app, _) = still(App::with_routes(routes![observed]));
    assert_eq!(statuses(&app, "/r/observed", 5).await, [200; 5]);
    let response = app.get("/r/observed").send().await;
    assert!(!response.headers().keys().any(|name| name.as_str().contains("ratelimit")), "{:?}", response.headers());
    let text = app.metrics();
    let labels = r#"{http_request_method="GET",http_route="/r/observed",limit="ip",outcome="#;
    for (outcome, count) in [("allowed", 2), ("observed", 4), ("refused", 0)] {
        let line = format!(r#"routekit_rate_limit_requests_total{labels}"{outcome}"}} {count}"#);
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn observing_limit_does_not_change_the_others() {
    let (app, _) = still(App::with_routes(routes![both]));
    let response = app.get("/r/both").send().await;
    assert_eq!(response.header("ratelimit"), Some(r#""ip";r=3;t=900"#));
    assert_eq!(response.header("ratelimit-policy"), Some(r#""ip";q=4;w=3600"#));
    assert_eq!(statuses(&app, "/r/both", 4).await, [200, 200, 200, 429]);
}

#[test]
fn observing_limit_logs_that_requests_are_beyond_it_at_most_every_ten_seconds() {
    let clock = ManualClock::new();
    let app = TestApp::builder(App::with_routes(routes![observed])).clock(clock.clock()).build();
    let ((), lines) = logs::caught(async {
        statuses(&app, "/r/observed", 10).await;
        clock.advance(Duration::from_secs(9));
        statuses(&app, "/r/observed", 10).await;
        clock.advance(Duration::from_secs(1));
        statuses(&app, "/r/observed", 10).await;
    });
    let lines: Vec<_> = lines.iter().filter(|line| line.of == "routekit::rate_limit").collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].fields.iter().any(|field| field.contains("2/h burst=2 per=ip name=ip mode=observe")), "{lines:?}");
}
