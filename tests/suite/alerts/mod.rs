//! Alerts of an app that is served: its life on moved time, its sinks, and the calls of operators.

mod admin;
mod life;
mod panics;
mod routes;
mod settings;
mod sinks;

use std::{net::SocketAddr, time::Duration};

use axum::body::Body;
use http::Request;
use routekit::{
    ManualClock,
    breaker::CircuitBreaker,
    config::{Config, Secret},
    prelude::*,
};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::wire::{self, Running};

const TOKEN: &str = "0123456789abcdef";
const TICK: Duration = Duration::from_secs(30);

#[get("/alert-tests/page")]
async fn page() -> &'static str {
    "page"
}

/// A served app on a clock that the test moves.
struct Alerting {
    app: Running,
    admin: SocketAddr,
    clock: ManualClock,
}

impl Alerting {
    async fn run(app: App) -> Self {
        Self::run_on(app, ManualClock::new()).await
    }

    async fn run_on(app: App, clock: ManualClock) -> Self {
        let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = admin.local_addr().unwrap();
        let app = wire::run(app.clock(clock.clock()).admin_listener(admin)).await;
        let alerting = Self { app, admin: addr, clock };
        // The first answer comes after the first poll of the evaluation.
        alerting.report().await;
        alerting
    }

    async fn operator(&self, request: Request<Body>) -> (u16, String) {
        let (parts, body) = self.app.at(self.admin).http1(request).await;
        (parts.status.as_u16(), body)
    }

    /// `GET /alerts`
    async fn report(&self) -> Value {
        let (status, body) = self.operator(wire::get("/alerts")).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Moves the clock by an interval, and waits for the evaluation.
    async fn tick(&self) {
        let before = self.report().await["evaluated"].clone();
        self.clock.advance(TICK);
        while self.report().await["evaluated"] == before {}
    }

    async fn ticks(&self, count: usize) {
        for _ in 0..count {
            self.tick().await;
        }
    }

    /// The active alerts, as `high breaker-bank`.
    async fn active(&self) -> Vec<String> {
        let report = self.report().await;
        let name = |alert: &Value| format!("{} {}", alert["severity"].as_str().unwrap(), alert["id"].as_str().unwrap());
        report["active"].as_array().unwrap().iter().map(name).collect()
    }

    /// `PUT` with the token.
    async fn put(&self, path: &str) -> (u16, Value) {
        let request = Request::put(path).header("host", "localhost").header("authorization", format!("Bearer {TOKEN}"));
        let (status, body) = self.operator(request.body(Body::empty()).unwrap()).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// The value of a series in `/metrics`.
    async fn metric(&self, series: &str) -> String {
        let (_, text) = self.operator(wire::get("/metrics")).await;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{series} is not in {text}")).to_owned()
    }
}

/// An app with a breaker that the test opens.
fn app() -> (App, CircuitBreaker) {
    let bank = CircuitBreaker::builder("bank").build().unwrap();
    let app = App::with_routes(routes![page]).config(Config::default()).breaker(bank.clone());
    let app = app.configure(|config| {
        config.set_admin_token(Some(Secret::new(TOKEN)));
        // A beat of the runtime that is on its way while the clock moves is late.
        config.set_alerts_event_loop_lag(None);
        // Other tests of this process need memory meanwhile.
        config.set_alerts_memory_growth(None);
    });
    (app, bank)
}

/// Collects `raised breaker-bank` and the like.
fn collecting(app: App) -> (App, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let hook = async move |change: routekit::alerts::AlertChange| {
        sender.send(format!("{} {}", change.event, change.alert.id)).unwrap();
    };
    (app.on_alert(hook), receiver)
}
