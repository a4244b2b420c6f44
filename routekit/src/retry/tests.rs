mod budget;
mod deadline;
mod which;

use std::{
    error::Error,
    fmt,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use http::{Method, Response};
use proptest::{prelude::any, prop_assert, prop_assert_eq};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::base::property::check;

const GET: &Method = &Method::GET;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Boom(u32);

impl fmt::Display for Boom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "boom {}", self.0)
    }
}

impl Error for Boom {}

/// A server that counts its attempts.
#[derive(Debug, Default)]
struct FailingServer(AtomicU32);

impl FailingServer {
    /// Each attempt fails with its number.
    async fn fail(&self) -> Result<(), Boom> {
        Err(Boom(self.0.fetch_add(1, Ordering::SeqCst) + 1))
    }

    fn attempts(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Retries without a delay.
fn at_once() -> Retry {
    Retry::new().base_delay(Duration::ZERO)
}

/// Runs a future to its end on a runtime of its own, whose time is moved.
fn on_paused_time<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[tokio::test(start_paused = true)]
async fn first_success_is_returned_at_once() {
    let start = Instant::now();
    let result = Retry::new().call(GET, || async { Ok::<_, Boom>(7) }).await;
    assert_eq!((result, start.elapsed()), (Ok(7), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn three_attempts_are_made_and_the_last_error_is_returned() {
    let server = FailingServer::default();
    let result = Retry::new().call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::Failed { error: Boom(3), attempts: 3 }));
    for (attempts, expected) in [(0, 1), (1, 1), (2, 2), (50, 50)] {
        let server = FailingServer::default();
        let failed = at_once().attempts(attempts).call(GET, || server.fail()).await.unwrap_err();
        assert_eq!((failed.attempts(), server.attempts()), (expected, expected));
    }
}

#[test]
fn delays_stay_below_their_bounds() {
    check(256, &(any::<u64>(), 300..2_000_u64), |(seed, max_delay)| {
        let mut began = Vec::new();
        let retry = Retry::new().attempts(6).max_delay(ms(max_delay)).seed(seed);
        let call = retry.call(GET, || {
            began.push(Instant::now());
            async { Err::<(), _>(Boom(0)) }
        });
        on_paused_time(call).unwrap_err();
        let mut slept = Vec::new();
        for (pair, bound) in began.windows(2).zip([100, 200, 400, 800, 1_600]) {
            slept.push(pair[1] - pair[0]);
            // Timers fire at the end of a millisecond.
            prop_assert!(slept[slept.len() - 1] <= ms(bound.min(max_delay) + 1), "{slept:?}");
        }
        prop_assert_eq!(slept.len(), 5);
        prop_assert!(slept.iter().any(|delay| !delay.is_zero()));
        Ok(())
    });
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_makes_no_further_attempt() {
    let server = FailingServer::default();
    let retry = Retry::new().classify(|_: &Result<(), Boom>| RetryDecision::RetryAfter(ms(500)));
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
    let alive = Arc::new(());
    let retry = at_once().classify(|_: &Result<Arc<()>, Boom>| RetryDecision::RetryAfter(ms(500)));
    let call = retry.call(GET, || async { Ok(alive.clone()) });
    timeout(ms(400), async {
        tokio::join!(call, async {
            sleep(ms(100)).await;
            assert_eq!(Arc::strong_count(&alive), 1);
        })
    })
    .await
    .unwrap_err();
}

#[test]
fn a_call_can_be_sent_to_another_thread() {
    fn sendable<T: Send>(_: T) {}
    let retry = Retry::new().classify(classify_response);
    sendable(retry.call(GET, || async { Ok::<_, Boom>(Response::new(())) }));
    sendable(Retry::new().retry_if(|_: &Boom| true).call_idempotent(|| async { Ok::<_, Boom>(()) }));
}
