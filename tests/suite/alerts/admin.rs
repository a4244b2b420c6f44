//! `/alerts` on the admin surface.

use serde_json::json;

use super::{Alerting, app, page};
use crate::{logs, wire};
use routekit::{config::Config, prelude::*, test::TestApp};

#[test]
fn snooze_names_the_wrong_parameter_and_is_audited() {
    let ((), lines) = logs::caught(async {
        let (app, bank) = app();
        let app = Alerting::run(app).await;
        bank.force_open();
        app.tick().await;
        for (path, status, detail) in [
            ("/alerts/breaker-bonk?for=1h", 404, "no active alert has this id"),
            ("/alerts/route-GET:%2Fa%2F%7Bid%7D:default-slow?for=1h", 404, "no active alert has this id"),
            ("/alerts/breaker-bank?for=soon", 400, "`for` is `soon`: write a duration such as `30m` or `1h`"),
            ("/alerts/breaker-bank?for=0", 400, "`for` is `0`: "),
            ("/alerts/breaker-bank?for=721h", 400, "`for` is `721h`: "),
            ("/alerts/breaker-bank?for=18446744073709551615", 400, "`for` is `18446744073709551615`: "),
            ("/alerts/breaker-bank", 400, "`for` is missing: "),
            ("/alerts/breaker-bank?until=1h", 400, "unknown field `until`"),
        ] {
            let (found, problem) = app.put(path).await;
            assert_eq!(found, status, "{path}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(detail), "{path}: {problem}");
        }
        assert_eq!(app.report().await["active"][0].get("snoozedUntil"), None);
        let (status, alert) = app.put("/alerts/breaker%2Dbank?for=720h").await;
        assert_eq!((status, &alert["snoozedUntil"]), (200, &json!("2030-01-31T00:00:30.000Z")));
        let (status, alert) = app.put("/alerts/breaker-bank?for=off").await;
        assert_eq!((status, alert.get("snoozedUntil")), (200, None));
        let request = http::Request::put("/alerts/breaker-bank?for=1h").header("host", "localhost");
        assert_eq!(app.operator(request.body(axum::body::Body::empty()).unwrap()).await.0, 401, "operators only");
    });
    let audit: Vec<_> = lines.iter().filter(|line| line.of == "routekit::audit").collect();
    assert_eq!(audit.len(), 11);
    let changes: Vec<String> =
        audit.iter().map(|line| line.fields.join(" ")).filter(|l| l.contains("after=")).collect();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(changes[0].contains("before=\"breaker-bank: not snoozed\""), "{changes:?}");
    assert!(changes[0].contains("after=\"breaker-bank: snoozed until 2030-01-31T00:00:30.000Z\""), "{changes:?}");
}

#[tokio::test]
async fn alerts_without_evaluation_are_an_empty_report() {
    let app = TestApp::new(App::with_routes(routes![page]).config(Config::default())).admin();
    let report: serde_json::Value = app.get("/alerts").send().await.json();
    assert_eq!(report, json!({ "running": false, "evaluated": null, "active": [], "history": [] }));
    assert_eq!(app.put("/alerts/breaker-bank?for=1h").send().await.status(), 404, "without operators");
    let served = wire::run(App::with_routes(routes![page]).config(Config::default())).await;
    assert_eq!(served.http1(wire::get("/alerts")).await.0.status, 404, "not beside the routes");
}
