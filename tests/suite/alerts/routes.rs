//! Alerts of routes: slow ones and failing ones, by thresholds of their own.

use std::time::Duration;

use http::StatusCode;
use routekit::{ManualClock, config::Config, prelude::*};

use super::{Alerting, collecting};
use crate::wire;

/// Answers with this status after this many milliseconds on the clock of the app.
async fn answer_after(status: u16, ms: u64, clock: &ManualClock) -> StatusCode {
    clock.advance(Duration::from_millis(ms));
    assert_ne!(status, 599, "as the test wants");
    if status == 598 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(status).unwrap()
}

#[get("/alert-tests/usual/{status}/{ms}", timeout = "1s")]
async fn usual(status: u16, ms: u64, clock: Dep<AppClock>) -> StatusCode {
    answer_after(status, ms, &clock.0).await
}

#[get("/alert-tests/strict/{status}/{ms}", slow = "500ms", alert(error_rate = 0.01, p99 = "300ms"), version = "2")]
async fn strict(status: u16, ms: u64, clock: Dep<AppClock>) -> StatusCode {
    answer_after(status, ms, &clock.0).await
}

/// The clock of the app.
struct AppClock(ManualClock);

const USUAL: &str = "route-GET:/alert-tests/usual/{status}/{ms}:default";
const ACTIVE: &str =
    r#"http_server_active_requests{http_request_method="GET",http_route="/alert-tests/usual/{status}/{ms}"}"#;
const STRICT: &str = "route-GET:/alert-tests/strict/{status}/{ms}:2";

impl Alerting {
    /// An app with both routes.
    async fn of_routes(change: impl FnOnce(App) -> App) -> Self {
        let clock = ManualClock::new();
        let config = |config: &mut Config| config.set_alerts_event_loop_lag(None);
        let routes = App::with_routes(routes![usual, strict]).config(Config::default()).configure(config);
        Self::run_on(change(routes.provide(AppClock(clock.clone()))), clock).await
    }

    async fn requests(&self, count: usize, path: &str) {
        let mut connection = self.app.http1_connection().await;
        for _ in 0..count {
            let response = connection.send_request(wire::get(&format!("/alert-tests/{path}"))).await.unwrap();
            wire::read(response).await;
        }
    }
}

#[tokio::test]
async fn client_errors_are_no_failures_and_server_errors_are() {
    let app = Alerting::of_routes(|app| app).await;
    for status in [400, 401, 404, 422, 429] {
        app.requests(20, &format!("usual/{status}/0")).await;
    }
    app.ticks(3).await;
    assert!(app.active().await.is_empty());
    app.requests(6, "usual/500/0").await;
    app.ticks(2).await;
    assert_eq!(app.active().await, [format!("high {USUAL}-errors")]);
    let report = app.report().await;
    let alert = &report["active"][0];
    assert_eq!(alert["route"], "GET:/alert-tests/usual/{status}/{ms}:default");
    assert_eq!(alert["message"], "Route GET:/alert-tests/usual/{status}/{ms}:default has error rate of 5.66%");
}

#[tokio::test]
async fn timeouts_and_panics_are_failures() {
    for status in [598, 599] {
        let app = Alerting::of_routes(|app| app).await;
        app.requests(19, "usual/200/0").await;
        let path = format!("usual/{status}/0");
        let failing = app.requests(1, &path);
        let time = async {
            while app.metric(ACTIVE).await != "1" {}
            app.clock.advance(Duration::from_secs(1));
        };
        if status == 598 {
            tokio::join!(failing, time);
        } else {
            failing.await;
        }
        app.requests(5, "usual/503/0").await;
        app.ticks(2).await;
        assert_eq!(app.report().await["active"][0]["value"], 6.0 / 25.0, "{status}");
    }
}

#[tokio::test]
async fn routes_have_thresholds_of_their_own() {
    let app = Alerting::of_routes(|app| app).await;
    for route in ["usual", "strict"] {
        app.requests(98, &format!("{route}/200/0")).await;
        app.requests(2, &format!("{route}/500/400")).await;
    }
    app.ticks(2).await;
    assert_eq!(app.active().await, [format!("high {STRICT}-errors"), format!("high {STRICT}-p99")]);
    app.requests(20, "strict/200/3500").await;
    app.requests(20, "usual/200/3500").await;
    app.ticks(2).await;
    let active = app.active().await;
    let is_slow: Vec<_> = active.iter().filter(|alert| alert.ends_with("-slow")).collect();
    assert_eq!(is_slow, [&format!("high {STRICT}-slow")], "590 ms on average: `slow` is 500 ms and 1 s, {active:?}");
}

#[tokio::test]
async fn configuration_sets_thresholds_of_a_route() {
    let file = "
        [alerts]
        error_rate = 0.5
        [route.'GET /alert-tests/strict/{status}/{ms}']
        alert_error_rate = 'off'
        alert_mean = '2s'
        alert_p99 = '2s'
    ";
    let config = Config::builder().toml("routekit.toml", file).build().unwrap();
    let change = |config: &mut Config| config.set_alerts_event_loop_lag(None);
    let app = Alerting::of_routes(|app| app.config(config).configure(change)).await;
    for route in ["usual", "strict"] {
        app.requests(10, &format!("{route}/500/0")).await;
        app.requests(15, &format!("{route}/200/700")).await;
    }
    app.ticks(3).await;
    assert!(app.active().await.is_empty());
    app.requests(15, "usual/500/0").await;
    app.requests(15, "strict/500/0").await;
    app.ticks(2).await;
    assert_eq!(app.active().await, [format!("high {USUAL}-errors")]);
}

#[tokio::test]
async fn few_requests_raise_no_alert() {
    let app = Alerting::of_routes(|app| app).await;
    app.requests(19, "usual/500/3000").await;
    app.ticks(3).await;
    assert!(app.active().await.is_empty());
    app.requests(1, "usual/500/3000").await;
    app.ticks(2).await;
    assert_eq!(app.active().await, [format!("critical {USUAL}-errors"), format!("critical {USUAL}-slow")]);
}

#[tokio::test]
async fn alert_of_a_route_resolves_once_its_failures_have_left_the_window() {
    let mut changes = None;
    let app = Alerting::of_routes(|app| {
        let (app, receiver) = collecting(app);
        changes = Some(receiver);
        app
    });
    let (app, mut changes) = (app.await, changes.unwrap());
    app.requests(100, "usual/200/0").await;
    app.requests(10, "usual/500/0").await;
    app.ticks(2).await;
    assert_eq!(changes.recv().await.unwrap(), format!("raised {USUAL}-errors"));
    for _ in 0..30 {
        app.requests(10, "usual/200/0").await;
        app.tick().await;
    }
    assert_eq!(changes.recv().await.unwrap(), format!("resolved {USUAL}-errors"));
    assert!(changes.try_recv().is_err(), "once");
}
