//! From the tick that raises an alert to the tick that resolves it.

use std::{sync::atomic::Ordering, time::Duration};

use routekit::{ManualClock, cache::Cache, prelude::*};
use serde_json::json;

use super::{Alerting, app, collecting};
use crate::{cache_stats::Elsewhere, logs};

const ACTIVE: &str = r#"routekit_alerts_active{type="breaker_open",severity="high"}"#;
const RAISED: &str = r#"routekit_alerts_raised_total{type="breaker_open"}"#;

#[test]
fn open_breaker_is_raised_once_reminded_snoozed_and_resolved_once() {
    let (changes, lines) = logs::caught(async {
        let (app, bank) = app();
        let app = app.configure(|config| config.set_alerts_remind_after(Some(Duration::from_secs(300))));
        let (app, mut changes) = collecting(app);
        let app = Alerting::run(app).await;
        app.ticks(3).await;
        assert!(app.active().await.is_empty());
        assert_eq!((&*app.metric(ACTIVE).await, &*app.metric(RAISED).await), ("0", "0"));

        bank.force_open();
        app.ticks(10).await;
        assert_eq!(app.active().await, ["high breaker-bank"]);
        assert_eq!((&*app.metric(ACTIVE).await, &*app.metric(RAISED).await), ("1", "1"));
        app.tick().await;
        let report = app.report().await;
        let expected = json!([{
            "id": "breaker-bank",
            "type": "breaker_open",
            "severity": "high",
            "message": "Circuit breaker bank is open",
            "value": 1.0,
            "threshold": 0.0,
            "timestamp": "2030-01-01T00:02:00.000Z",
            "reminders": 1,
        }]);
        assert_eq!((&report["running"], &report["active"]), (&json!(true), &expected));
        assert_eq!(report["evaluated"], "2030-01-01T00:07:00.000Z");

        let (status, snoozed) = app.put("/alerts/breaker-bank?for=30m").await;
        assert_eq!((status, &snoozed["snoozedUntil"]), (200, &json!("2030-01-01T00:37:00.000Z")));
        app.ticks(59).await;
        assert_eq!(app.report().await["active"][0]["reminders"], 1);
        app.tick().await;
        assert_eq!(app.report().await["active"][0]["reminders"], 2);

        bank.reset();
        app.ticks(10).await;
        assert!(app.active().await.is_empty());
        let history = &app.report().await["history"];
        assert_eq!(
            (&history[0]["resolved"], history.as_array().unwrap().len()),
            (&json!("2030-01-01T00:39:00.000Z"), 1)
        );
        assert_eq!((&*app.metric(ACTIVE).await, &*app.metric(RAISED).await), ("0", "1"));
        std::iter::from_fn(|| changes.try_recv().ok()).collect::<Vec<_>>()
    });
    let expected = ["raised breaker-bank", "reminded breaker-bank", "reminded breaker-bank", "resolved breaker-bank"];
    assert_eq!(changes, expected);
    let lines = lines.iter().filter(|line| line.of == "routekit::alerts");
    let lines: Vec<_> = lines.map(|line| line.fields.join(" ")).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for (line, event) in lines.iter().zip(["raised", "reminded", "reminded", "resolved"]) {
        for part in
            [&*format!("event=\"{event}\""), "id=\"breaker-bank\"", "kind=\"breaker_open\"", "severity=\"high\""]
        {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}

#[tokio::test]
async fn store_that_is_away_for_two_ticks_is_an_alert() {
    let (store, away) = Elsewhere::new(&ManualClock::new());
    let (app, mut changes) = collecting(app().0.cache(Cache::builder().store(store)));
    let app = Alerting::run(app).await;
    away.store(true, Ordering::Relaxed);
    app.tick().await;
    away.store(false, Ordering::Relaxed);
    app.ticks(2).await;
    assert!(app.active().await.is_empty(), "one tick may be a coincidence");
    away.store(true, Ordering::Relaxed);
    app.ticks(2).await;
    assert_eq!(app.active().await, ["high cache-store"]);
    away.store(false, Ordering::Relaxed);
    app.ticks(4).await;
    assert!(app.active().await.is_empty());
    assert_eq!(changes.recv().await.unwrap(), "raised cache-store");
    assert_eq!(changes.recv().await.unwrap(), "resolved cache-store");
}

#[get("/alert-tests/stop")]
async fn stop(alerts: Dep<routekit::alerts::Alerts>) -> String {
    alerts.stop();
    format!("{} active", alerts.active().len())
}

#[tokio::test]
async fn evaluation_is_stopped_and_started_by_the_program() {
    let (app, bank) = app();
    let alerts = app.alerts();
    let app = Alerting::run(app).await;
    bank.force_open();
    app.tick().await;
    assert_eq!(app.active().await, ["high breaker-bank"]);
    alerts.stop();
    bank.reset();
    let before = app.report().await;
    for _ in 0..10 {
        app.clock.advance(super::TICK);
        app.report().await;
    }
    let after = app.report().await;
    assert_eq!((&after["running"], &after["evaluated"]), (&json!(false), &before["evaluated"]));
    assert_eq!(after["active"], before["active"], "it stays as it is");
    alerts.start();
    app.ticks(4).await;
    assert!(app.active().await.is_empty());
    assert_eq!(alerts.history().len(), 1);
}

#[tokio::test]
async fn configuration_and_program_decide_whether_figures_are_evaluated() {
    let running = async |enabled: bool, change: fn(&routekit::alerts::Alerts)| {
        let app = app().0.configure(move |config| config.set_alerts_enabled(enabled));
        change(&app.alerts());
        Alerting::run(app).await.report().await["running"].as_bool().unwrap()
    };
    assert!(running(true, |_| {}).await);
    assert!(!running(false, |_| {}).await);
    assert!(running(false, |alerts| alerts.start()).await, "the program has the last word");
    assert!(!running(true, |alerts| alerts.stop()).await);
    let app = App::with_routes(routes![stop]).config(routekit::config::Config::default());
    let app = Alerting::run(app).await;
    assert_eq!(app.app.http1(crate::wire::get("/alert-tests/stop")).await.1, "0 active");
    assert_eq!(app.report().await["running"], false);
}
