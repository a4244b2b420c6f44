//! The refresh of an app that is served.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use routekit::{ManualClock, config::Config, health::HealthCheck, prelude::*};
use tokio::{net::TcpListener, sync::Semaphore};

use super::app;
use crate::{
    support::{MINUTE, Runs, SECOND, until},
    wire,
};

/// A page of the warm-up, which takes until the test lets it end.
#[get("/health-tests/gated", cache(ttl = 60))]
async fn gated(gate: Dep<Semaphore>) -> &'static str {
    let _permit = gate.acquire().await;
    "gated"
}

#[tokio::test]
async fn startup_ends_after_warm_up_and_the_first_run_of_checks() {
    let gate = Arc::new(Semaphore::new(0));
    let runs = Runs::default();
    let app = App::with_routes(routes![gated]).config(Config::default()).health(counted(&runs));
    let app = wire::run(app.warm_host("shop.example").provide_shared(gate.clone())).await;
    until("the first refresh", || runs.count() == 1).await;
    let status = async |path: &str| app.http1(wire::get(path)).await.0.status.as_u16();
    assert_eq!(status("/health/startup").await, 503);
    assert_eq!(status("/health/ready").await, 503);
    assert_eq!(status("/health").await, 200, "the checks are healthy");
    gate.add_permits(10);
    let started = async { while status("/health/startup").await != 200 {} };
    tokio::time::timeout(10 * SECOND, started).await.expect("the warm-up ends");
}

fn counted(runs: &Runs) -> HealthCheck {
    let runs = runs.clone();
    HealthCheck::new("counted", async move || {
        runs.next();
        Ok::<_, String>(())
    })
}

#[tokio::test(start_paused = true)]
async fn served_app_runs_its_checks_every_30_seconds() {
    let (clock, runs) = (ManualClock::new(), Runs::default());
    let app = app([counted(&runs)]).clock(clock.clock());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = tokio::spawn(app.serve_on(listener, tokio::time::sleep(65 * SECOND)));
    let mut seen = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(19 * SECOND).await;
        clock.advance(19 * SECOND);
        seen.push(runs.count());
    }
    assert_eq!(seen, [1, 2, 2]);
    served.await.unwrap().unwrap();
    assert_eq!(runs.count(), 3);
    tokio::time::sleep(5 * MINUTE).await;
    assert_eq!(runs.count(), 3, "it ends with the app");
}

#[tokio::test]
async fn stalled_refresh_turns_readiness_red() {
    let (clock, runs) = (ManualClock::new(), Runs::default());
    // The refresh waits on tokio's clock, so moving only the clock of the app lets it miss its time.
    let app = app([counted(&runs)]).clock(clock.clock());
    let readiness = app.readiness();
    let app = wire::run(app).await;
    until("the first refresh", || runs.count() == 1).await;
    let ready = async || app.http1(wire::get("/health/ready")).await.0.status.as_u16();
    clock.advance(70 * SECOND);
    assert_eq!(ready().await, 200, "a minute and the timeout of the check are allowed");
    clock.advance(2 * SECOND);
    assert_eq!(ready().await, 503);
    assert_eq!(readiness.reasons(), ["the refresh of the health checks is stalled"]);
    let (parts, _) = app.http1(wire::get("/health/live")).await;
    assert_eq!(parts.status, 200, "the process is alive");
}

#[tokio::test]
async fn app_without_checks_starts_no_refresh() {
    let tasks = async |checks: Vec<HealthCheck>| {
        let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut served = Box::pin(app(checks).serve_on(listener, std::future::pending()));
        assert!(served.as_mut().now_or_never().is_none(), "it serves");
        tokio::runtime::Handle::current().metrics().num_alive_tasks() - before
    };
    let without = tasks(vec![]).await;
    let pending = HealthCheck::new("hangs", async || std::future::pending::<Result<(), String>>().await);
    assert_eq!(without + 1, tasks(vec![pending]).await, "an app has other tasks, too");
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_check() {
    let check = HealthCheck::new("hangs", async || std::future::pending::<Result<(), String>>().await);
    let mut app = wire::run(app([check])).await;
    assert_eq!(app.http1(wire::get("/health/live")).await.0.status, 200);
    app.stop();
    tokio::time::timeout(Duration::from_secs(5), app.stopped()).await.expect("it stops").unwrap();
}
