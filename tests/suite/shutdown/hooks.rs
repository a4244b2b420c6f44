//! Hooks: their order, their budgets and their failures.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

use super::{ended, gated, run};

#[tokio::test(start_paused = true)]
async fn hooks_run_in_reverse_order_and_a_failure_keeps_none_from_running() {
    let order = Arc::new(Mutex::new(String::new()));
    let note = |name: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().unwrap().push_str(name)
    };
    let (a, b, c, d) = (note("a"), note("b"), note("c"), note("d"));
    let app = gated().0;
    let app = app.on_shutdown("a", async move || a());
    let app = app.on_shutdown("b", async move || {
        b();
        pending::<()>().await;
    });
    let app = app.on_shutdown("c", async move || -> () {
        c();
        std::panic::panic_any("as it should")
    });
    let app = app.on_shutdown("d", async move || {
        d();
        Err::<(), _>("the disk is full")
    });
    let start = Instant::now();
    let mut app = run(app).await;
    app.stop();
    let error = ended(app).await.unwrap_err();
    assert_eq!(*order.lock().unwrap(), "dcba");
    let problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "the shutdown hook `d` failed: the disk is full",
            "the shutdown hook `c` panicked",
            "the shutdown hook `b` did not end within 5000 ms",
        ]
    );
    assert!(error.to_string().starts_with("the app did not stop cleanly, for 3 reasons:"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn all_hooks_run_before_the_deadline_after_requests_that_never_end() {
    let ran = Arc::new(Mutex::new(0));
    let (mut app, gate) = gated();
    for _ in 0..10 {
        let ran = Arc::clone(&ran);
        app = app.on_shutdown_within("slow", Duration::from_secs(20), async move || {
            *ran.lock().unwrap() += 1;
            pending::<()>().await;
        });
    }
    let start = Instant::now();
    let mut app = run(app).await;
    let mut connection = app.http1_connection().await;
    let _request = tokio::spawn(async move { connection.send_request(crate::wire::get("/sd/wait")).await.map(drop) });
    gate.entered.notified().await;
    app.stop();
    assert_eq!(ended(app).await.unwrap_err().problems().len(), 11);
    assert_eq!(*ran.lock().unwrap(), 10);
    assert!(start.elapsed() <= Duration::from_secs(31), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn short_hook_has_its_time_after_requests_that_never_end() {
    let (app, gate) = gated();
    let budget = Duration::from_millis(200);
    let app = app.on_shutdown_within("flush", budget, async || tokio::time::sleep(Duration::from_millis(100)).await);
    let mut app = run(app).await;
    let mut connection = app.http1_connection().await;
    let _request = tokio::spawn(async move { connection.send_request(crate::wire::get("/sd/wait")).await.map(drop) });
    gate.entered.notified().await;
    app.stop();
    let error = ended(app).await.unwrap_err();
    let codes: Vec<&str> = error.problems().iter().map(|problem| problem.code()).collect();
    assert_eq!(codes, ["cut-off"], "{error}");
}

#[test]
fn hook_without_a_name_or_a_budget_is_a_start_up_error() {
    let app = gated().0.on_shutdown("", async || ()).on_shutdown_within("queue", Duration::ZERO, async || ());
    let error = app.config(routekit::config::Config::default()).into_router().unwrap_err().to_string();
    assert!(error.contains("its name is empty"), "{error}");
    assert!(error.contains("the shutdown hook `queue` at tests/suite/shutdown/hooks.rs:"), "{error}");
    assert!(error.contains("its budget is zero"), "{error}");
}
