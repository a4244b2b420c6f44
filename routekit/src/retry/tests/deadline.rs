use std::{future::pending, time::Duration};

use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    prop_assert,
};
use tokio::time::{Instant, sleep};

use super::{Boom, FailingServer, GET, at_once, ms, on_paused_time};
use crate::{
    base::property::check,
    retry::{Retry, RetryDecision, RetryError},
};

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
    let retry = Retry::new().base_delay(ms(100)).deadline(ms(1_000));
    let call = retry.call(GET, || {
        attempts += 1;
        let first = attempts == 1;
        async move { if first { Err::<(), _>(Boom(1)) } else { pending().await } }
    });
    assert_eq!(call.await, Err(RetryError::DeadlineExceeded { attempts: 2, last_error: Some(Boom(1)) }));
    assert_eq!(start.elapsed(), ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn a_delay_past_the_deadline_is_not_slept() {
    for (requested, attempts, took) in
        [(ms(99), 2, ms(99)), (ms(100), 1, ms(0)), (ms(101), 1, ms(0)), (Duration::MAX, 1, ms(0))]
    {
        let start = Instant::now();
        let server = FailingServer::default();
        let retry = at_once()
            .attempts(2)
            .deadline(ms(100))
            .classify(|_: &Result<(), Boom>| RetryDecision::RetryAfter(requested));
        let result = retry.call(GET, || server.fail()).await;
        assert_eq!(result, Err(RetryError::Failed { error: Boom(attempts), attempts }), "{requested:?}");
        assert_eq!(start.elapsed(), took, "{requested:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_at_the_deadline_or_later() {
    let server = FailingServer::default();
    let result = Retry::new().deadline(Duration::ZERO).call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::DeadlineExceeded { attempts: 0, last_error: None }));
    // The delay itself ends in time, but the timer has a resolution of a millisecond.
    let nearly = Duration::from_micros(500);
    let retry = at_once()
        .deadline(Duration::from_micros(600))
        .classify(move |_: &Result<(), Boom>| RetryDecision::RetryAfter(nearly));
    let result = retry.call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::DeadlineExceeded { attempts: 1, last_error: Some(Boom(1)) }));
    assert_eq!(server.attempts(), 1);
}

#[test]
fn no_call_outlasts_its_deadline() {
    let works = vec((0..1_500_u64).prop_map(ms), 10);
    let inputs = ((1..2_000_u64).prop_map(ms), (1..1_000_u64).prop_map(ms), works, any::<u64>());
    check(256, &inputs, |(limit, attempt_timeout, works, seed)| {
        let (took, began) = on_paused_time(async {
            let (start, mut began) = (Instant::now(), Vec::new());
            let retry = Retry::new().attempts(10).seed(seed).deadline(limit).attempt_timeout(attempt_timeout);
            let call = retry.call(GET, || {
                began.push(start.elapsed());
                let work = works[began.len() - 1];
                async move {
                    sleep(work).await;
                    Err::<(), _>(Boom(0))
                }
            });
            call.await.unwrap_err();
            (start.elapsed(), began)
        });
        prop_assert!(took <= limit, "{took:?}");
        prop_assert!(began.iter().all(|at| *at < limit), "{began:?}");
        Ok(())
    });
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
async fn retry_after_beyond_max_delay_is_not_waited_for() {
    for (requested, attempts) in [(ms(10_000), 3), (ms(10_001), 1), (Duration::MAX, 1)] {
        let server = FailingServer::default();
        let retry = at_once().classify(|_: &Result<(), Boom>| RetryDecision::RetryAfter(requested));
        retry.call(GET, || server.fail()).await.unwrap_err();
        assert_eq!(server.attempts(), attempts, "{requested:?}");
    }
}
