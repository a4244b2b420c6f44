//! Prometheus rules, read by `promtool` and run on simulated series, and the Grafana board, whose queries a Prometheus
//! runs.

mod board;
mod file;
mod objectives;
pub(crate) mod prometheus;
mod promtool;
mod thresholds;

use std::time::Duration;

use routekit::{app::RouteTable, config::Config, prelude::*};

#[get("/p/users/{id}", slo(availability = 0.999, latency("300ms", 0.99)), cache(ttl = 60, shared))]
async fn user(id: u64) -> String {
    id.to_string()
}

#[post("/p/pay", breaker, concurrency = 8, rate_limit("1000/s"), alert(error_rate = 0.02, p99 = "2s"))]
async fn pay() -> Result<()> {
    Err(Problem::internal("the bank is away"))
}

#[get("/p/plain", public)]
async fn plain() {}

#[get("/p/slow", slo(latency("1s", 0.99)), slow = "500ms")]
async fn slow() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

fn app() -> App {
    App::with_routes(routes![user, pay, plain, slow]).config(Config::default())
}

fn table() -> RouteTable {
    app().table().unwrap()
}
