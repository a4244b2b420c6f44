//! Calls through a breaker.

use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::response::IntoResponse;
use futures_util::FutureExt;
use http::StatusCode;
use routekit::{
    Problem,
    breaker::{Breakers, CallError, CircuitBreaker, Outcome, State},
};

use super::{SECOND, breaker, opened};

#[tokio::test]
async fn open_breaker_makes_no_call() {
    let (breaker, _) = opened(|b| b);
    let made = AtomicUsize::new(0);
    let call = breaker.call(|| async {
        made.fetch_add(1, Ordering::SeqCst);
        Ok::<_, ()>(())
    });
    assert!(matches!(call.await, Err(CallError::Open(open)) if open.retry_after() == 60 * SECOND));
    assert_eq!(made.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn dropped_call_is_neutral_and_panicked_call_is_a_failure() {
    let (breaker, _) = breaker(|b| b);
    for _ in 0..1000 {
        assert!(breaker.call(pending::<Result<(), ()>>).now_or_never().is_none());
    }
    assert_eq!(breaker.snapshot().request_count, 0);
    for _ in 0..10 {
        let breaker = breaker.clone();
        let call = tokio::spawn(async move {
            let _ = breaker.call(|| async { if true { panic!("as it should") } else { Ok::<_, ()>(()) } }).await;
        });
        assert!(call.await.is_err());
    }
    assert_eq!((breaker.state(), breaker.snapshot().failure_count), (State::Open, 10));
}

#[tokio::test]
async fn classified_call_settles_as_its_classifier_says() {
    let (breaker, _) = breaker(|b| b);
    let not_found = || async { Err::<(), _>("no such user") };
    for _ in 0..100 {
        let judged = breaker.call_classified(not_found, |_| Outcome::Success).await;
        assert_eq!(judged, Err(CallError::Failed("no such user")));
    }
    assert_eq!((breaker.state(), breaker.snapshot().failure_count), (State::Closed, 0));
}

#[test]
fn response_status_decides_the_outcome() {
    let of =
        |status: u16| Outcome::of_response(&Ok::<_, ()>(http::Response::builder().status(status).body(()).unwrap()));
    let success = [200, 204, 301, 400, 401, 404, 409, 422];
    assert!(success.into_iter().all(|status| of(status) == Outcome::Success));
    assert!([429, 500, 502, 503, 504].into_iter().all(|status| of(status) == Outcome::Failure));
    assert_eq!(Outcome::of_response(&Err::<http::Response<()>, _>(())), Outcome::Failure);
}

#[test]
fn open_breaker_as_problem_is_503_with_retry_after_rounded_up() {
    for (millis, expected) in [(1, "1"), (1000, "1"), (1001, "2"), (59_999, "60")] {
        let (breaker, clock) = opened(|b| b);
        clock.advance(60 * SECOND - SECOND / 1000 * millis);
        let error: CallError<std::io::Error> = breaker.try_acquire().unwrap_err().into();
        let response = Problem::from(error).into_response();
        let answer = (response.status(), response.headers()["retry-after"].to_str().unwrap());
        assert_eq!(answer, (StatusCode::SERVICE_UNAVAILABLE, expected), "{millis} ms");
    }
    let problem = Problem::from(CallError::Failed(Problem::not_found("no such account")));
    assert_eq!(problem.status(), StatusCode::NOT_FOUND, "as the call says itself");
    let failed = CallError::Failed(std::io::Error::other("secret"));
    let response = Problem::from(failed).into_response();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn breakers_are_found_by_name() {
    let make = |name: &str| CircuitBreaker::builder(name).build().unwrap();
    let breakers: Breakers = ["b", "a"].map(make).into_iter().collect();
    assert_eq!(breakers.iter().map(|breaker| breaker.name().to_owned()).collect::<Vec<_>>(), ["a", "b"]);
    breakers.get("a").unwrap().force_open();
    let states = breakers.snapshots().into_iter().map(|snapshot| (snapshot.name, snapshot.state));
    assert_eq!(states.collect::<Vec<_>>(), [("a".to_owned(), State::Open), ("b".to_owned(), State::Closed)]);
    assert!(breakers.get("c").is_none());
}
