//! When a key is claimed, renewed and released.

use std::sync::Arc;

use http::StatusCode;
use routekit::{
    cache::{Cache, Embedded},
    prelude::*,
    test::TestApp,
};
use tokio::sync::Semaphore;

use super::{Away, Gate, KEY, SECOND, Till, is_replayed, request, routes, send, start};
use crate::{
    stores::Plain,
    support::{MINUTE, idle, is_pending},
};

/// The app, with its parts at hand.
fn shared(app: App) -> (TestApp, routekit::ManualClock, Arc<Till>, Arc<Gate>) {
    let (till, gate) = (Arc::new(Till::default()), Arc::new(Gate(Semaphore::new(0))));
    let clock = routekit::ManualClock::new();
    let app = app.verifier(crate::auth::Header);
    let builder = TestApp::builder(app).provide_shared(Arc::clone(&till)).provide_shared(Arc::clone(&gate));
    (builder.clock(clock.clock()).build(), clock, till, gate)
}

fn parts() -> (TestApp, routekit::ManualClock, Arc<Till>, Arc<Gate>) {
    shared(App::with_routes(routes()))
}

#[tokio::test(start_paused = true)]
async fn repeat_of_a_request_in_progress_is_409() {
    let (app, _, till, gate) = parts();
    let mut first = Box::pin(app.call(request("/idem/waits")));
    assert!(is_pending(&mut first).await);
    for _ in 0..3 {
        let repeat = send(&app, "/idem/waits", "").await;
        assert_eq!((repeat.status(), repeat.header("retry-after")), (StatusCode::CONFLICT, Some("1")));
        let problem: serde_json::Value = repeat.json();
        assert_eq!(problem["title"], "A request is outstanding for this Idempotency-Key");
    }
    let other = app.post("/idem/waits").header("idempotency-key", KEY).header("x-end", "").body("other").send().await;
    assert_eq!(other.status(), 422, "it is no repeat");
    gate.0.add_permits(1);
    assert_eq!(first.await.status(), 200);
    assert!(is_replayed(&send(&app, "/idem/waits", "").await));
    assert_eq!(till.runs.count(), 1);
    let route = r#"http_request_method="POST",http_route="/idem/waits""#;
    let line = format!(r#"routekit_policy_answers_total{{{route},policy="idempotency_conflict"}} 3"#);
    assert!(app.metrics().contains(&line), "{}", app.metrics());
}

#[tokio::test(start_paused = true)]
async fn handler_whose_client_left_continues_and_its_response_is_replayed() {
    let (app, _, till, gate) = parts();
    let mut first = Box::pin(app.call(request("/idem/waits")));
    assert!(is_pending(&mut first).await);
    drop(first);
    idle().await;
    assert_eq!(send(&app, "/idem/waits", "").await.status(), 409, "the handler still runs");
    gate.0.add_permits(1);
    idle().await;
    let repeat = send(&app, "/idem/waits", "").await;
    assert_eq!((repeat.text(), is_replayed(&repeat), till.runs.count()), ("run 1", true, 1));
}

#[tokio::test(start_paused = true)]
async fn handler_whose_client_left_still_has_its_timeout() {
    let (app, _, till, gate) = parts();
    let mut first = Box::pin(app.call(request("/idem/waits")));
    assert!(is_pending(&mut first).await);
    drop(first);
    tokio::time::sleep(6 * SECOND).await;
    gate.0.add_permits(1);
    let next = send(&app, "/idem/waits", "").await;
    assert_eq!((next.text(), is_replayed(&next), till.ended.count()), ("run 2", false, 1));
}

/// It continues beyond its timeout, since it may have changed something.
#[tokio::test(start_paused = true)]
async fn handler_that_outlives_its_timeout_keeps_the_key_and_its_response_is_replayed() {
    let (app, _, till, gate) = parts();
    assert_eq!(send(&app, "/idem/changes", "201").await.status(), 504);
    assert_eq!(till.ended.count(), 0);
    assert_eq!(send(&app, "/idem/changes", "201").await.status(), 409, "the handler still runs");
    gate.0.add_permits(1);
    idle().await;
    let repeat = send(&app, "/idem/changes", "201").await;
    assert_eq!((repeat.text(), is_replayed(&repeat), till.runs.count()), ("run 1", true, 1));
}

#[tokio::test(start_paused = true)]
async fn handler_that_fails_after_its_timeout_releases_the_key() {
    let (app, _, till, gate) = parts();
    assert_eq!(send(&app, "/idem/changes", "500").await.status(), 504);
    assert_eq!(send(&app, "/idem/changes", "500").await.status(), 409);
    gate.0.add_permits(2);
    idle().await;
    assert_eq!(send(&app, "/idem/changes", "201").await.text(), "run 2");
    assert_eq!(till.runs.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn task_that_has_the_permit_keeps_the_key() {
    let (app, clock, till, gate) = parts();
    assert_eq!(send(&app, "/idem/leaves", "").await.status(), 502);
    for _ in 0..20 {
        assert_eq!(send(&app, "/idem/leaves", "").await.status(), 409, "longer than the lease");
        clock.advance(20 * SECOND);
        idle().await;
    }
    gate.0.add_permits(1);
    idle().await;
    assert_eq!(send(&app, "/idem/leaves", "").await.status(), 502);
    assert_eq!(till.runs.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn claim_is_renewed_while_the_handler_runs() {
    let (app, clock, till, gate) = parts();
    let (clients, first) = (app.clone(), tokio::spawn(async move { app.call(request("/idem/long")).await }));
    idle().await;
    for _ in 0..20 {
        assert_eq!(send(&clients, "/idem/long", "").await.status(), 409, "longer than the lease");
        clock.advance(20 * SECOND);
        idle().await;
    }
    gate.0.add_permits(1);
    assert_eq!(first.await.unwrap().status(), 200);
    assert!(is_replayed(&send(&clients, "/idem/long", "").await));
    assert_eq!(till.runs.count(), 1);
}

/// A process that crashed neither answers nor releases its claims.
#[tokio::test(start_paused = true)]
async fn claim_of_a_crashed_process_ends_with_its_lease() {
    let (app, clock, till, gate) = parts();
    let mut first = Box::pin(app.call(request("/idem/waits")));
    assert!(is_pending(&mut first).await);
    std::mem::forget(first);
    clock.advance(MINUTE - SECOND);
    assert_eq!(send(&app, "/idem/waits", "").await.status(), 409);
    clock.advance(SECOND);
    // The first one waits, too.
    gate.0.add_permits(2);
    assert_eq!(send(&app, "/idem/waits", "").await.text(), "run 2");
    assert_eq!(till.runs.count(), 2);
}

#[tokio::test]
async fn full_store_refuses_new_keys_and_runs_no_handler() {
    let clock = routekit::ManualClock::new();
    let store = Embedded::new(1 << 20).claim_bytes(3000).clock(clock.clock());
    let (app, _) = start(App::with_routes(routes()).cache(Cache::builder().store(store)));
    let pay = async |key: u32| {
        let answer = app.post("/idem/pay/1").header("idempotency-key", &key.to_string()).send().await;
        (answer.status().as_u16(), answer.header("retry-after").map(str::to_owned), is_replayed(&answer))
    };
    let answers: Vec<_> = futures_util::future::join_all((0..20).map(pay)).await;
    let paid = answers.iter().filter(|(status, ..)| *status == 201).count();
    assert!((2..10).contains(&paid), "{answers:?}");
    for (key, (status, retry_after, _)) in answers.iter().enumerate() {
        match status {
            201 => assert_eq!(pay(u32::try_from(key).unwrap()).await, (201, None, true), "no answer is evicted"),
            status => assert_eq!((*status, retry_after.as_deref()), (503, Some("5"))),
        }
    }
    clock.advance(61 * MINUTE);
    assert_eq!(pay(19).await, (201, None, false));
}

#[tokio::test]
async fn store_that_cannot_be_reached_refuses_keys_and_runs_no_handler() {
    let (app, _) = start(App::with_routes(routes()).cache(Cache::builder().store(Away { has_claims: true })));
    let refused = send(&app, "/idem/pay/1", "201").await;
    assert_eq!((refused.status(), refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("5")));
    assert_eq!(app.post("/idem/pay/1").send().await.text(), "run 1", "a request without a key needs no store");
}

#[tokio::test]
async fn store_outside_the_process_keeps_the_same_promises() {
    let clock = routekit::ManualClock::new();
    let cache = Cache::builder().store(Plain::new(clock.clock()));
    let (app, _, till, gate) = shared(App::with_routes(routes()).cache(cache));
    assert_eq!(send(&app, "/idem/pay/1", "500").await.status(), 500);
    assert_eq!(send(&app, "/idem/pay/1", "201").await.text(), "run 2", "it is released before the response is sent");
    assert!(is_replayed(&send(&app, "/idem/pay/1", "201").await));
    gate.0.add_permits(1);
    assert_eq!(send(&app, "/idem/waits", "").await.text(), "run 3");
    assert!(is_replayed(&send(&app, "/idem/waits", "").await));
    assert_eq!(till.runs.count(), 3);
}

#[post("/idem/limited", idempotent, auth, concurrency = 1)]
async fn limited(till: Dep<Till>, gate: Dep<Gate>, body: String) -> String {
    if body == "waits" {
        gate.0.acquire().await.unwrap().forget();
    }
    format!("run {}", till.runs.next())
}

/// Behind `auth`, and before the policies that protect the handler.
#[tokio::test(start_paused = true)]
async fn replay_needs_no_permit_of_the_handler() {
    let (app, _, till, gate) = shared(App::with_routes(routes![limited]));
    let send = async |key: &str, body: &'static str, who: Option<&Identity>| {
        let request = app.post("/idem/limited").header("idempotency-key", key).body(body);
        let request = if let Some(who) = who { request.identity(who) } else { request };
        let answer = request.send().await;
        (answer.status().as_u16(), is_replayed(&answer))
    };
    let ann = Identity::new("ann");
    assert_eq!(send("a", "", Some(&ann)).await, (200, false));
    let mut waiting = Box::pin(send("b", "waits", Some(&ann)));
    assert!(is_pending(&mut waiting).await);
    assert_eq!(send("a", "", Some(&ann)).await, (200, true));
    assert_eq!(send("a", "", None).await, (401, false));
    assert_eq!(send("c", "", Some(&ann)).await, (503, false));
    gate.0.add_permits(1);
    waiting.await;
    assert_eq!(send("c", "", Some(&ann)).await, (200, false), "a refusal of the limit has released its key");
    assert_eq!(till.runs.count(), 3);
    let explained = app.table().explain("POST /idem/limited").unwrap();
    let shown: Vec<&str> = explained.steps.iter().map(|step| step.policy).collect();
    let at = |policy: &str| shown.iter().position(|shown| *shown == policy).unwrap();
    assert!(at("auth") < at("idempotency") && at("idempotency") < at("concurrency"), "{shown:?}");
}
