use std::{
    error::Error,
    fmt,
    future::pending,
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures_util::{FutureExt, future::join_all};
use http::{Method, Response};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::{
    Clock,
    breaker::{CallError, Open},
};

const GET: &Method = &Method::GET;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Boom(u32);

impl fmt::Display for Boom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "boom {}", self.0)
    }
}

impl Error for Boom {}

/// Counts the attempts of which it is the server.
#[derive(Debug, Default)]
struct Server(AtomicU32);

impl Server {
    /// Each attempt fails with its number.
    async fn fail(&self) -> Result<(), Boom> {
        Err(Boom(self.0.fetch_add(1, Ordering::SeqCst) + 1))
    }

    fn attempts(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Without a delay.
fn at_once() -> Retry {
    Retry::new().base_delay(Duration::ZERO)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[tokio::test(start_paused = true)]
async fn the_first_success_is_given_at_once() {
    let start = Instant::now();
    let result = Retry::new().call(GET, || async { Ok::<_, Boom>(7) }).await;
    assert_eq!((result, start.elapsed()), (Ok(7), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn three_attempts_are_made_and_the_last_error_is_given() {
    let server = Server::default();
    let result = Retry::new().call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::Failed { error: Boom(3), attempts: 3 }));
    for (attempts, expected) in [(0, 1), (1, 1), (2, 2), (50, 50)] {
        let server = Server::default();
        let failed = at_once().attempts(attempts).call(GET, || server.fail()).await.unwrap_err();
        assert_eq!((failed.attempts(), server.attempts()), (expected, expected));
    }
}

#[tokio::test(start_paused = true)]
async fn delays_are_slept_and_stay_below_their_bounds() {
    for seed in 0..200 {
        let mut began = Vec::new();
        let retry = Retry::new().attempts(6).max_delay(ms(1_000)).seed(seed);
        let call = retry.call(GET, || {
            began.push(Instant::now());
            async { Err::<(), _>(Boom(0)) }
        });
        call.await.unwrap_err();
        let mut slept = Vec::new();
        for (pair, bound) in began.windows(2).zip([100, 200, 400, 800, 1_000]) {
            slept.push(pair[1] - pair[0]);
            // A timer rings at the end of a millisecond.
            assert!(slept[slept.len() - 1] <= ms(bound + 1), "seed {seed}: {slept:?}");
        }
        assert_eq!(slept.len(), 5);
        assert!(slept.iter().any(|delay| !delay.is_zero()), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_budget_leaves_one_attempt() {
    let budget = RetryBudget::new().clock(Clock::manual()).burst(0);
    let server = Server::default();
    let result = at_once().budget(budget).call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::Failed { error: Boom(1), attempts: 1 }));
    assert_eq!(server.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_share_a_budget_that_time_and_calls_fill_again() {
    let clock = Clock::manual();
    let budget = RetryBudget::new().clock(clock.clone()).ratio(0.1).min_per_second(1).burst(10);
    let (server, retry) = (Server::default(), at_once().budget(budget.clone()));
    join_all((0..100).map(|_| retry.call(GET, || server.fail()))).await;
    // The first call finds the bucket full, so its own deposit is cut.
    let made = server.attempts();
    assert!((110..=120).contains(&made), "{made}");
    while budget.withdraw() {}
    clock.advance(Duration::from_secs(2));
    let failed = retry.call(GET, || server.fail()).await.unwrap_err();
    assert_eq!(failed.attempts(), 3, "two seconds are two retries");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_retried_takes_nothing_from_the_budget() {
    let budget = RetryBudget::new().clock(Clock::manual()).burst(10);
    let retry = at_once().budget(budget.clone());
    let server = Server::default();
    retry.call(&Method::POST, || server.fail()).await.unwrap_err();
    retry.clone().deadline(ms(5)).base_delay(Duration::MAX).call(GET, || server.fail()).await.unwrap_err();
    retry.retry_if(|_: &Boom| false).call(GET, || server.fail()).await.unwrap_err();
    assert_eq!((server.attempts(), budget.available()), (3, 10));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_cut_off_at_the_deadline() {
    let start = Instant::now();
    let result = Retry::new().deadline(ms(250)).call(GET, pending::<Result<(), Boom>>).await;
    assert_eq!(result, Err(RetryError::DeadlineExceeded { attempts: 1, last_error: None }));
    assert_eq!(start.elapsed(), ms(250));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_delays_and_keeps_the_last_error() {
    let start = Instant::now();
    let mut attempts = 0;
    let call = Retry::new().base_delay(ms(100)).deadline(ms(1_000)).call(GET, || {
        attempts += 1;
        let first = attempts == 1;
        async move { if first { Err::<(), _>(Boom(1)) } else { pending().await } }
    });
    assert_eq!(call.await, Err(RetryError::DeadlineExceeded { attempts: 2, last_error: Some(Boom(1)) }));
    assert_eq!(start.elapsed(), ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn a_delay_past_the_deadline_is_not_slept() {
    for (asked, attempts, took) in
        [(ms(99), 2, ms(99)), (ms(100), 1, ms(0)), (ms(101), 1, ms(0)), (Duration::MAX, 1, ms(0))]
    {
        let start = Instant::now();
        let server = Server::default();
        let retry = at_once().attempts(2).deadline(ms(100)).judge_by(|_: &Result<(), Boom>| Verdict::RetryAfter(asked));
        let result = retry.call(GET, || server.fail()).await;
        assert_eq!(result, Err(RetryError::Failed { error: Boom(attempts), attempts }), "{asked:?}");
        assert_eq!(start.elapsed(), took, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_at_the_deadline_or_later() {
    let server = Server::default();
    let result = Retry::new().deadline(Duration::ZERO).call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::DeadlineExceeded { attempts: 0, last_error: None }));
    // The delay ends in time, and the timer, which counts milliseconds, does not.
    let nearly = Duration::from_micros(500);
    let retry = at_once()
        .deadline(Duration::from_micros(600))
        .judge_by(move |_: &Result<(), Boom>| Verdict::RetryAfter(nearly));
    let result = retry.call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::DeadlineExceeded { attempts: 1, last_error: Some(Boom(1)) }));
    assert_eq!(server.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn deadlines_never_pass_whatever_the_seed() {
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let limit = ms(random.u64(1..2_000));
        let (start, mut began) = (Instant::now(), Vec::new());
        let retry = Retry::new().attempts(10).seed(seed).deadline(limit).attempt_timeout(ms(random.u64(1..1_000)));
        let call = retry.call(GET, || {
            began.push(start.elapsed());
            let work = ms(random.u64(0..1_500));
            async move {
                sleep(work).await;
                Err::<(), _>(Boom(0))
            }
        });
        call.await.unwrap_err();
        assert!(start.elapsed() <= limit, "seed {seed}: {:?} of {limit:?}", start.elapsed());
        assert!(began.iter().all(|at| *at < limit), "seed {seed}: {began:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_is_retried() {
    let start = Instant::now();
    let retry = at_once().attempt_timeout(ms(40));
    assert_eq!(retry.call(GET, pending::<Result<(), Boom>>).await, Err(RetryError::AttemptTimedOut { attempts: 3 }));
    assert_eq!(start.elapsed(), ms(120));
    let result = retry.deadline(ms(40)).call(GET, pending::<Result<(), Boom>>).await;
    assert_eq!(
        result,
        Err(RetryError::DeadlineExceeded { attempts: 1, last_error: None }),
        "the deadline is the reason"
    );
}

#[tokio::test(start_paused = true)]
async fn what_an_open_breaker_refused_is_not_retried() {
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
    assert!(call_error.source().unwrap().is::<Open>(), "whoever walks the causes finds it");
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
        let server = Server::default();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        at_once().call(&method, || server.fail()).await.unwrap_err();
        assert_eq!(server.attempts(), expected, "{method}");
        at_once().even_if_not_idempotent().call(&method, || server.fail()).await.unwrap_err();
        assert_eq!(server.attempts(), expected + 3, "{method}, if told");
    }
    let server = Server::default();
    at_once().call_idempotent(|| server.fail()).await.unwrap_err();
    assert_eq!(server.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_predicate_says_which_errors_are_retried() {
    let server = Server::default();
    let result = at_once().attempts(9).retry_if(|error: &Boom| error.0 < 4).call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::Failed { error: Boom(4), attempts: 4 }));
}

#[tokio::test(start_paused = true)]
async fn a_response_is_retried_when_the_server_says() {
    let (start, mut began) = (Instant::now(), Vec::new());
    let retry = at_once().judge_by(response_verdict);
    let call = retry.call(GET, || {
        began.push(start.elapsed());
        async { Ok::<_, Boom>(Response::builder().status(503).header("retry-after", "2").body(()).unwrap()) }
    });
    assert_eq!(call.await.unwrap().status(), 503, "the last response is the result");
    assert_eq!(began, [ms(0), ms(2_000), ms(4_000)]);
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_no_server_makes_us_wait_longer_than_we_would() {
    for (asked, attempts) in [(ms(10_000), 3), (ms(10_001), 1), (Duration::MAX, 1)] {
        let server = Server::default();
        let retry = at_once().judge_by(|_: &Result<(), Boom>| Verdict::RetryAfter(asked));
        retry.call(GET, || server.fail()).await.unwrap_err();
        assert_eq!(server.attempts(), attempts, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_makes_no_further_attempt() {
    let server = Server::default();
    let retry = Retry::new().judge_by(|_: &Result<(), Boom>| Verdict::RetryAfter(ms(500)));
    timeout(ms(400), retry.call(GET, || server.fail())).await.unwrap_err();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(server.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn panics_pass_through() {
    let attempts = AtomicU32::new(0);
    let retry = at_once();
    let call = retry.call(GET, || async {
        attempts.fetch_add(1, Ordering::SeqCst);
        if attempts.load(Ordering::SeqCst) < 5 {
            panic!("the call's own")
        }
        Ok::<_, Boom>(())
    });
    let panic = AssertUnwindSafe(call).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the call's own"));
    assert_eq!(attempts.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_response_is_dropped_before_the_delay() {
    let alive = std::sync::Arc::new(());
    let retry = at_once().judge_by(|_: &Result<std::sync::Arc<()>, Boom>| Verdict::RetryAfter(ms(500)));
    let call = retry.call(GET, || async { Ok(alive.clone()) });
    timeout(ms(400), async {
        tokio::join!(call, async {
            sleep(ms(100)).await;
            assert_eq!(std::sync::Arc::strong_count(&alive), 1)
        })
    })
    .await
    .unwrap_err();
}

#[test]
fn a_call_can_be_sent_to_another_thread() {
    fn sendable<T: Send>(_: T) {}
    let retry = Retry::new().judge_by(response_verdict);
    sendable(retry.call(GET, || async { Ok::<_, Boom>(Response::new(())) }));
    sendable(Retry::new().retry_if(|_: &Boom| true).call_idempotent(|| async { Ok::<_, Boom>(()) }));
}
