//! Handlers that invalidate and whose client has left.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::Request};
use routekit::{prelude::*, test::TestApp};
use tokio::time::{advance, sleep};

use super::{Runs, app, did, is_pending, start};
use crate::support::idle;

/// Numbers of handlers that ended, and that were dropped, whether they ended or not.
#[derive(Default)]
struct Log {
    ended: AtomicUsize,
    dropped: AtomicUsize,
}

impl Log {
    fn counts(&self) -> (usize, usize) {
        (self.ended.load(Ordering::SeqCst), self.dropped.load(Ordering::SeqCst))
    }
}

struct Dropped(Arc<Log>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

#[get("/cache/left", cache(ttl = 600, tags = "left"))]
async fn left(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

async fn change(seconds: u64, log: &Arc<Log>) {
    let _dropped = Dropped(Arc::clone(log));
    sleep(Duration::from_secs(seconds)).await;
    log.ended.fetch_add(1, Ordering::SeqCst);
}

struct Logs(Arc<Log>);

#[post("/cache/left/{seconds}", invalidates("left"))]
async fn long(seconds: u64, logs: Dep<Logs>) -> String {
    change(seconds, &logs.0).await;
    seconds.to_string()
}

#[put("/cache/left/{seconds}", invalidates("left"), timeout = "1s")]
async fn too_long(seconds: u64, logs: Dep<Logs>) -> String {
    change(seconds, &logs.0).await;
    seconds.to_string()
}

#[delete("/cache/left/{seconds}", timeout = "1s")]
async fn of_no_concern(seconds: u64, logs: Dep<Logs>) -> String {
    change(seconds, &logs.0).await;
    seconds.to_string()
}

#[patch("/cache/left/{seconds}", invalidates("left"))]
async fn refused(seconds: u64, logs: Dep<Logs>) -> Result<String> {
    change(seconds, &logs.0).await;
    Err(Problem::conflict("not now"))
}

fn left_app() -> (TestApp, Arc<Log>) {
    let log = Arc::new(Log::default());
    let routes = routes![left, long, too_long, of_no_concern, refused];
    (start(app(routes).provide(Logs(Arc::clone(&log)))).0, log)
}

/// Sends a change, and leaves while its handler runs.
async fn leave(app: &TestApp, method: &str, path: &str) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let mut answer = Box::pin(app.call(request));
    assert!(is_pending(&mut answer).await);
    idle().await;
    assert!(is_pending(&mut answer).await);
}

async fn later(seconds: f64) {
    // A timer starts at its first poll.
    idle().await;
    advance(Duration::from_secs_f64(seconds)).await;
    idle().await;
}

#[tokio::test(start_paused = true)]
async fn handler_runs_to_its_end_when_the_client_leaves() {
    let (app, log) = left_app();
    did(&app, "/cache/left").await;
    leave(&app, "POST", "/cache/left/5").await;
    assert_eq!([did(&app, "/cache/left").await, did(&app, "/cache/left").await], ["MISS", "HIT"], "invalid at once");
    later(4.9).await;
    assert_eq!((log.counts(), did(&app, "/cache/left").await), ((0, 0), "HIT".to_owned()), "it is not at its end");
    later(0.2).await;
    assert_eq!(log.counts(), (1, 1));
    assert_eq!([did(&app, "/cache/left").await, did(&app, "/cache/left").await], ["MISS", "HIT"], "and once more");
}

#[tokio::test(start_paused = true)]
async fn handler_runs_to_its_end_after_a_timeout() {
    let (app, log) = left_app();
    did(&app, "/cache/left").await;
    assert_eq!(app.put("/cache/left/5").send().await.status(), 504);
    assert_eq!(log.counts(), (0, 0));
    assert_eq!([did(&app, "/cache/left").await, did(&app, "/cache/left").await], ["MISS", "HIT"], "invalid at once");
    later(4.1).await;
    assert_eq!(log.counts(), (1, 1));
    assert_eq!([did(&app, "/cache/left").await, did(&app, "/cache/left").await], ["MISS", "HIT"], "and once more");
}

#[tokio::test(start_paused = true)]
async fn handler_that_invalidates_nothing_is_dropped() {
    let (app, log) = left_app();
    did(&app, "/cache/left").await;
    assert_eq!(app.delete("/cache/left/5").send().await.status(), 504);
    idle().await;
    assert_eq!((log.counts(), did(&app, "/cache/left").await), ((0, 1), "HIT".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn detached_handler_is_dropped_after_30_seconds() {
    for (name, leaving) in [("the client leaves", true), ("it times out", false)] {
        let (app, log) = left_app();
        if leaving {
            leave(&app, "POST", "/cache/left/3600").await;
        } else {
            assert_eq!(app.put("/cache/left/3600").send().await.status(), 504);
            idle().await;
        }
        did(&app, "/cache/left").await;
        later(29.9).await;
        assert_eq!((log.counts(), did(&app, "/cache/left").await), ((0, 0), "HIT".to_owned()), "{name}");
        later(0.2).await;
        assert_eq!(log.counts(), (0, 1), "{name}");
        assert_eq!(did(&app, "/cache/left").await, "MISS", "{name}: it may have changed something meanwhile");
    }
}

#[tokio::test(start_paused = true)]
async fn grace_period_starts_when_the_client_leaves() {
    let (app, log) = left_app();
    let request = Request::post("/cache/left/60").body(Body::empty()).unwrap();
    let mut answer = Box::pin(app.call(request));
    assert!(is_pending(&mut answer).await);
    later(40.0).await;
    assert_eq!(log.counts(), (0, 0), "a client that waits has no deadline");
    drop(answer);
    later(19.9).await;
    assert_eq!(log.counts(), (0, 0));
    later(0.2).await;
    assert_eq!(log.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn refusal_after_the_client_left_invalidates_nothing() {
    let (app, log) = left_app();
    did(&app, "/cache/left").await;
    leave(&app, "PATCH", "/cache/left/5").await;
    assert_eq!(did(&app, "/cache/left").await, "MISS", "the refusal is not seen any more");
    later(5.1).await;
    assert_eq!((log.counts(), did(&app, "/cache/left").await), ((1, 1), "HIT".to_owned()));
}
