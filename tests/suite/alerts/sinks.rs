//! Hooks that panic or hang, and webhooks that fail.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::State, response::IntoResponse, routing::post};
use http::StatusCode;
use routekit::{App, breaker::CircuitBreaker, config::Secret};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Alerting, app, collecting};
use crate::{
    logs,
    support::{SECOND, free_port},
    wire,
};

const HOOK: &str = r#"routekit_alert_notifications_total{sink="hook",result="#;
const WEBHOOK: &str = r#"routekit_alert_notifications_total{sink="webhook",result="#;

impl Alerting {
    /// The counts of a sink: delivered, retried, failed and dropped.
    async fn counts(&self, sink: &str) -> [String; 4] {
        let mut counts = [const { String::new() }; 4];
        for (count, result) in counts.iter_mut().zip(["delivered", "retried", "failed", "dropped"]) {
            *count = self.metric(&format!("{sink}\"{result}\"}}")).await;
        }
        counts
    }

    /// Moves the clock second by second until the counts are those.
    async fn until_counts(&self, sink: &str, expected: [&str; 4]) {
        for _ in 0..1000 {
            if self.counts(sink).await == expected {
                return;
            }
            self.clock.advance(SECOND);
        }
        panic!("{:?}", self.counts(sink).await);
    }
}

/// Opens the breaker and closes it again: two changes.
async fn two_changes(app: &Alerting, bank: &CircuitBreaker) {
    bank.force_open();
    app.tick().await;
    bank.reset();
    app.ticks(4).await;
}

#[test]
fn hook_that_panics_harms_nothing() {
    let ((), lines) = logs::caught(async {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let (app, bank) = app();
        let app = app.on_alert(async move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            panic!("as it should");
        });
        let (app, mut changes) = collecting(app);
        let app = Alerting::run(app).await;
        two_changes(&app, &bank).await;
        assert_eq!(changes.recv().await.unwrap(), "raised breaker-bank");
        assert_eq!(changes.recv().await.unwrap(), "resolved breaker-bank");
        app.until_counts(HOOK, ["2", "0", "2", "0"]).await;
        assert_eq!(calls.load(Ordering::SeqCst), 2, "it is called again");
        assert_eq!(app.app.http1(wire::get("/alert-tests/page")).await.0.status, 200);
    });
    let failed = lines.iter().map(|line| line.fields.join(" ")).filter(|line| line.contains("could not be delivered"));
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(failed[0].contains("id=\"breaker-bank\"") && failed[0].contains("reason=\"it panicked\""), "{failed:?}");
}

#[tokio::test]
async fn hook_that_hangs_is_given_up_and_called_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let (app, bank) = app();
    let app = app.on_alert(async move |_| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            pending::<()>().await;
        }
    });
    let (app, mut changes) = collecting(app);
    let app = Alerting::run(app).await;
    bank.force_open();
    app.tick().await;
    assert_eq!(changes.recv().await.unwrap(), "raised breaker-bank");
    assert_eq!(app.counts(HOOK).await[2], "0", "it still hangs");
    assert_eq!(app.app.http1(wire::get("/alert-tests/page")).await.0.status, 200);
    app.clock.advance(30 * SECOND);
    app.until_counts(HOOK, ["1", "0", "1", "0"]).await;
    bank.reset();
    app.ticks(4).await;
    assert_eq!(changes.recv().await.unwrap(), "resolved breaker-bank");
    app.until_counts(HOOK, ["3", "0", "1", "0"]).await;
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

/// Keeps the documents of requests, and answers with the statuses in turn. The last one repeats.
#[derive(Clone)]
struct Receiver {
    statuses: Arc<[u16]>,
    received: Arc<Mutex<Vec<Value>>>,
}

async fn receive(State(receiver): State<Receiver>, Json(document): Json<Value>) -> impl IntoResponse + use<> {
    let mut received = receiver.received.lock().unwrap();
    let status = receiver.statuses[received.len().min(receiver.statuses.len() - 1)];
    received.push(document);
    StatusCode::from_u16(status).unwrap()
}

/// An app whose webhook answers with these statuses.
async fn hooked(statuses: &[u16]) -> (Alerting, CircuitBreaker, Receiver) {
    let receiver = Receiver { statuses: statuses.into(), received: Arc::default() };
    let router = Router::new().route("/services/T0/hunter2", post(receive)).with_state(receiver.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/services/T0/hunter2", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    let (app, bank) = app();
    let app = app.configure(move |config| config.set_alerts_webhook(Some(Secret::new(url))));
    (Alerting::run(app).await, bank, receiver)
}

#[tokio::test]
async fn webhook_receives_each_change_as_json_with_a_text() {
    let (app, bank, receiver) = hooked(&[200]).await;
    two_changes(&app, &bank).await;
    app.until_counts(WEBHOOK, ["2", "0", "0", "0"]).await;
    let received = receiver.received.lock().unwrap().clone();
    let mut expected = json!({
        "text": "[high] Circuit breaker bank is open",
        "event": "raised",
        "id": "breaker-bank",
        "type": "breaker_open",
        "severity": "high",
        "message": "Circuit breaker bank is open",
        "value": 1.0,
        "threshold": 0.0,
        "timestamp": "2030-01-01T00:00:30.000Z",
        "reminders": 0,
    });
    assert_eq!(received[0], expected);
    expected["text"] = "[resolved] Circuit breaker bank is open".into();
    expected["event"] = "resolved".into();
    expected["resolved"] = "2030-01-01T00:02:30.000Z".into();
    assert_eq!(received[1], expected);
}

#[tokio::test]
async fn webhook_text_escapes_markup() {
    let breaker = CircuitBreaker::builder("<!channel> & co").build().unwrap();
    let receiver = Receiver { statuses: Arc::new([204]), received: Arc::default() };
    let router = Router::new().route("/", post(receive)).with_state(receiver.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    let app = app().0.breaker(breaker.clone());
    let app = Alerting::run(app.configure(move |config| config.set_alerts_webhook(Some(Secret::new(url))))).await;
    breaker.force_open();
    app.tick().await;
    app.until_counts(WEBHOOK, ["1", "0", "0", "0"]).await;
    let received = receiver.received.lock().unwrap()[0].clone();
    assert_eq!(received["text"], "[high] Circuit breaker &lt;!channel&gt; &amp; co is open");
    assert_eq!(received["message"], "Circuit breaker <!channel> & co is open");
}

#[tokio::test]
async fn webhook_that_fails_for_a_while_gets_the_change_later() {
    let (app, bank, receiver) = hooked(&[500, 429, 503, 200]).await;
    bank.force_open();
    app.tick().await;
    let start = app.clock.unix_time();
    app.until_counts(WEBHOOK, ["1", "3", "0", "0"]).await;
    assert!(app.clock.unix_time() - start >= Duration::from_secs(1 + 5 + 30), "it waits longer each time");
    let received = receiver.received.lock().unwrap().clone();
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|document| *document == received[0]), "{received:?}");
}

#[test]
fn webhook_that_keeps_failing_is_given_up_after_five_attempts() {
    let ((), lines) = logs::caught(async {
        let (app, bank, receiver) = hooked(&[500]).await;
        bank.force_open();
        app.tick().await;
        app.until_counts(WEBHOOK, ["0", "4", "1", "0"]).await;
        assert_eq!(receiver.received.lock().unwrap().len(), 5);
        assert_eq!(app.active().await, ["high breaker-bank"]);
        assert_eq!(app.app.http1(wire::get("/alert-tests/page")).await.0.status, 200);
        let (_, config) = app.operator(wire::get("/routes")).await;
        assert!(!config.contains("hunter2"));
    });
    let failed = lines.iter().map(|line| line.fields.join(" ")).filter(|line| line.contains("could not be delivered"));
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    let reason = "reason=\"the server answered 500 Internal Server Error\"";
    assert!(failed[0].contains(reason) && failed[0].contains("could not be delivered to the webhook"), "{failed:?}");
    assert!(!format!("{lines:?}").contains("hunter2"));
}

#[tokio::test]
async fn webhook_that_refuses_a_change_is_not_asked_again() {
    for status in [400, 404, 301] {
        let (app, bank, receiver) = hooked(&[status]).await;
        bank.force_open();
        app.tick().await;
        app.until_counts(WEBHOOK, ["0", "0", "1", "0"]).await;
        assert_eq!(receiver.received.lock().unwrap().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn webhook_that_cannot_be_reached_is_counted() {
    let url = format!("http://{}/", free_port());
    let (app, bank) = app();
    let app = app.configure(move |config| config.set_alerts_webhook(Some(Secret::new(url))));
    let (app, mut changes) = collecting(app);
    let app = Alerting::run(app).await;
    bank.force_open();
    app.tick().await;
    assert_eq!(changes.recv().await.unwrap(), "raised breaker-bank", "hooks do not wait for it");
    app.until_counts(WEBHOOK, ["0", "4", "1", "0"]).await;
}

/// An app that finds this many open breakers at its next tick.
fn storm(count: usize) -> (App, Vec<CircuitBreaker>) {
    let breakers: Vec<_> = (0..count).map(|n| CircuitBreaker::builder(format!("b{n:04}")).build().unwrap()).collect();
    (breakers.iter().fold(app().0, |app, breaker| app.breaker(breaker.clone())), breakers)
}

#[tokio::test]
async fn thousand_changes_of_one_tick_are_all_delivered() {
    let (app, breakers) = storm(1000);
    let (app, mut changes) = collecting(app);
    let app = Alerting::run(app).await;
    breakers.iter().for_each(CircuitBreaker::force_open);
    app.tick().await;
    app.until_counts(HOOK, ["1000", "0", "0", "0"]).await;
    let told: Vec<_> = std::iter::from_fn(|| changes.try_recv().ok()).collect();
    assert_eq!((told.len(), &*told[999]), (1000, "raised breaker-b0999"));
}

#[test]
fn changes_beyond_a_full_queue_are_dropped_counted_and_one_line_of_the_log() {
    let ((), lines) = logs::caught(async {
        let (app, breakers) = storm(4140);
        let (app, mut changes) = collecting(app.on_alert(async |_| pending().await));
        let app = Alerting::run(app).await;
        breakers.iter().for_each(CircuitBreaker::force_open);
        app.tick().await;
        assert_eq!(app.active().await.len(), 4140);
        assert_eq!(app.metric(&format!("{HOOK}\"dropped\"}}")).await, "88", "44 of each of the two hooks");
        let mut told = 0;
        while changes.try_recv().is_ok() {
            told += 1;
        }
        assert_eq!(told, 4096);
    });
    let lines = lines.iter().map(|line| line.fields.join(" ")).filter(|line| line.contains("is full"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("dropped=44")), "{lines:?}");
}
