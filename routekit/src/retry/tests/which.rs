use std::{
    error::Error,
    sync::atomic::{AtomicU32, Ordering},
};

use http::{Method, Response};
use tokio::time::Instant;

use super::{Boom, FailingServer, GET, at_once, ms};
use crate::{
    breaker::{CallError, Open},
    retry::{Retry, RetryDecision, RetryError, classify_response},
};

#[tokio::test(start_paused = true)]
async fn refusal_by_an_open_breaker_is_not_retried() {
    let open = Open::for_test(ms(10));
    let attempts = AtomicU32::new(0);
    let retry = at_once().retry_if(|_: &CallError<Boom>| true);
    let call = retry.call(GET, || {
        attempts.fetch_add(1, Ordering::SeqCst);
        async { Err::<(), _>(CallError::<Boom>::Open(open)) }
    });
    let failed = call.await.unwrap_err();
    assert_eq!((failed.attempts(), attempts.into_inner()), (1, 1));
    let call_error = failed.source().unwrap();
    assert!(call_error.source().unwrap().is::<Open>(), "it is among the sources");
    assert_eq!(at_once().call(GET, || async { Err::<(), _>(open) }).await.unwrap_err().attempts(), 1, "bare");
    let made = at_once().call(GET, || async { Err::<(), _>(CallError::Failed(Boom(1))) }).await;
    assert_eq!(made.unwrap_err().attempts(), 3, "a call that was made is retried");
}

#[tokio::test(start_paused = true)]
async fn only_idempotent_methods_are_retried() {
    let rows = [
        ("GET", 3),
        ("HEAD", 3),
        ("OPTIONS", 3),
        ("TRACE", 3),
        ("PUT", 3),
        ("DELETE", 3),
        ("POST", 1),
        ("PATCH", 1),
        ("CONNECT", 1),
        ("get", 1),
        ("BREW", 1),
    ];
    for (method, expected) in rows {
        let server = FailingServer::default();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        at_once().call(&method, || server.fail()).await.unwrap_err();
        assert_eq!(server.attempts(), expected, "{method}");
        at_once().retry_non_idempotent().call(&method, || server.fail()).await.unwrap_err();
        assert_eq!(server.attempts(), expected + 3, "{method}, if allowed");
    }
    let server = FailingServer::default();
    at_once().call_idempotent(|| server.fail()).await.unwrap_err();
    assert_eq!(server.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn predicate_selects_the_errors_that_are_retried() {
    let server = FailingServer::default();
    let result = at_once().attempts(9).retry_if(|error: &Boom| error.0 < 4).call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::Failed { error: Boom(4), attempts: 4 }));
}

#[tokio::test(start_paused = true)]
async fn response_is_retried_after_its_retry_after() {
    let (start, mut began) = (Instant::now(), Vec::new());
    let retry = at_once().classify(classify_response);
    let call = retry.call(GET, || {
        began.push(start.elapsed());
        async { Ok::<_, Boom>(Response::builder().status(503).header("retry-after", "2").body(()).unwrap()) }
    });
    assert_eq!(call.await.unwrap().status(), 503, "the last response is the result");
    assert_eq!(began, [ms(0), ms(2_000), ms(4_000)]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_has_jitter() {
    let mut waits = Vec::new();
    for seed in 0..50 {
        let start = Instant::now();
        let retry =
            Retry::new().attempts(2).seed(seed).classify(|_: &Result<(), Boom>| RetryDecision::RetryAfter(ms(1_000)));
        retry.call(GET, || async { Err::<(), _>(Boom(0)) }).await.unwrap_err();
        waits.push(start.elapsed());
    }
    assert!(waits.iter().all(|wait| (ms(1_000)..=ms(1_101)).contains(wait)), "{waits:?}");
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 20, "{waits:?}");
}
