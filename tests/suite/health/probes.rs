//! When checks run: once for all probes, within their bounds, and never beside themselves.

use std::{
    future::pending,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use futures_util::future::join_all;
use routekit::{
    ManualClock,
    health::{HealthCheck, HealthCheckResult},
    test::TestApp,
};
use tokio::time::{Instant, sleep};

use super::{answer, app, health};
use crate::support::{Runs, SECOND, until};

/// A critical check that counts its runs, takes a while, and ends like `end`.
fn counted(name: &str, runs: &Runs, end: fn() -> HealthCheckResult) -> HealthCheck {
    let runs = runs.clone();
    let check = async move || {
        runs.next();
        sleep(Duration::from_millis(50)).await;
        end()
    };
    HealthCheck::new(name, check).critical(true)
}

#[tokio::test(start_paused = true)]
async fn thousand_probes_run_each_check_once_per_max_age() {
    let clock = ManualClock::new();
    let runs: [Runs; 3] = Default::default();
    let app = TestApp::new(
        app([
            counted("works", &runs[0], HealthCheckResult::healthy),
            counted("fails", &runs[1], || HealthCheckResult::unhealthy("no route to host")),
            counted("panics", &runs[2], || panic!("no such luck")),
        ])
        .clock(clock.clock()),
    );
    let thousand = async || {
        let probes = (0..1_000).map(|n| app.get(["/health/ready", "/health"][n % 2]).send());
        assert!(join_all(probes).await.iter().all(|answer| answer.status() == 503));
        runs.each_ref().map(Runs::count)
    };
    assert_eq!(thousand().await, [1; 3]);
    clock.advance(Duration::from_millis(1_999));
    assert_eq!(thousand().await, [1; 3], "results are kept for two seconds, failures too");
    clock.advance(Duration::from_millis(1));
    assert_eq!(thousand().await, [2; 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_of_many_threads_share_one_run() {
    let (clock, runs) = (ManualClock::new(), Runs::default());
    let app = Arc::new(TestApp::new(app([counted("works", &runs, HealthCheckResult::healthy)]).clock(clock.clock())));
    for round in 1..=3 {
        let probes = (0..200).map(|_| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { answer(&app, "/health/ready").await.0 })
        });
        assert!(join_all(probes).await.into_iter().all(|status| status.unwrap() == 200));
        assert_eq!(runs.count(), round);
        clock.advance(2 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_check_is_named_after_its_timeout() {
    let hangs = || HealthCheck::new("hangs", async || pending::<HealthCheckResult>().await);
    for (check, limit) in [(hangs(), 10 * SECOND), (hangs().timeout(3 * SECOND), 3 * SECOND)] {
        let works = HealthCheck::new("works", async || HealthCheckResult::healthy());
        let app = TestApp::new(app([works, check.critical(true)]));
        let began = Instant::now();
        let health = health(&app).await;
        assert_eq!(began.elapsed().as_secs(), limit.as_secs());
        assert_eq!(health["status"], "unhealthy");
        assert_eq!(health["checks"]["hangs"]["message"], format!("no result within {limit:?}"));
        assert_eq!(health["checks"]["works"]["status"], "healthy", "the others have run meanwhile");
        assert_eq!(answer(&app, "/health/ready").await.0, 503);
        assert_eq!(began.elapsed().as_secs(), limit.as_secs(), "the result is kept");
    }
}

#[tokio::test]
async fn hanging_check_ends_on_the_clock_of_the_app() {
    let clock = ManualClock::new();
    let runs = Runs::default();
    let check = {
        let runs = runs.clone();
        HealthCheck::new("hangs", async move || {
            runs.next();
            pending::<HealthCheckResult>().await
        })
    };
    let app = TestApp::new(app([check]).clock(clock.clock()));
    let moved = async {
        until("the check", || runs.count() == 1).await;
        // The task polls the check, then its timer.
        tokio::task::yield_now().await;
        clock.advance(10 * SECOND);
    };
    let (health, ()) = tokio::join!(health(&app), moved);
    assert_eq!(health["checks"]["hangs"]["duration"], 10_000.0);
}

#[tokio::test(start_paused = true)]
async fn readiness_does_not_wait_for_checks_that_are_not_critical() {
    let app = TestApp::new(app([HealthCheck::new("hangs", async || pending::<HealthCheckResult>().await)]));
    let began = Instant::now();
    assert_eq!(answer(&app, "/health/ready").await, (200, r#"{"status":"ready"}"#.to_owned()));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn panicking_check_is_named_without_its_message() {
    fn broken() -> std::future::Ready<HealthCheckResult> {
        panic!("hunter2")
    }
    let at_once = HealthCheck::new("at once", broken);
    let later = HealthCheck::new("later", async || {
        tokio::task::yield_now().await;
        broken().await
    });
    let app = TestApp::new(app([at_once, later]));
    let health = health(&app).await;
    for name in ["at once", "later"] {
        assert_eq!(health["checks"][name]["message"], "the check panicked");
        assert_eq!(health["checks"][name]["status"], "unhealthy");
    }
    assert!(!health.to_string().contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn client_that_leaves_does_not_end_a_run() {
    let runs = Runs::default();
    let app = TestApp::new(app([counted("slow", &runs, HealthCheckResult::healthy)]));
    tokio::time::timeout(Duration::from_millis(10), app.get("/health").send()).await.unwrap_err();
    assert_eq!(answer(&app, "/health").await.0, 200);
    assert_eq!(runs.count(), 1);
}

/// The check blocks its thread, so its timeout cannot end it: this takes a second of real time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_that_blocks_its_thread_is_named_and_never_runs_twice() {
    let runs = Runs::default();
    let (release, blocked) = mpsc::channel::<()>();
    let blocked = Arc::new(Mutex::new(blocked));
    let check = {
        let runs = runs.clone();
        HealthCheck::new("blocks", async move || {
            runs.next();
            let _ = blocked.lock().unwrap().recv();
            HealthCheckResult::healthy()
        })
    };
    let app = TestApp::new(app([check.timeout(Duration::from_millis(1)).max_age(Duration::ZERO).critical(true)]));
    for _ in 0..2 {
        let message = health(&app).await["checks"]["blocks"]["message"].clone();
        assert!(message.as_str().unwrap().contains("the check blocks its thread"), "{message}");
    }
    assert_eq!(runs.count(), 1);
    assert_eq!(answer(&app, "/health/ready").await.0, 503);
    drop(release);
    let ready = async { while answer(&app, "/health/ready").await.0 != 200 {} };
    tokio::time::timeout(10 * SECOND, ready).await.expect("it recovers");
}
