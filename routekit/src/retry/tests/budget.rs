use std::time::Duration;

use futures_util::future::join_all;
use http::Method;

use super::{Boom, FailingServer, GET, at_once, ms};
use crate::{
    base::clock::ManualClock,
    retry::{RetryBudget, RetryError},
};

#[tokio::test(start_paused = true)]
async fn an_exhausted_budget_leaves_one_attempt() {
    let budget = RetryBudget::new().clock(ManualClock::new().clock()).burst(0);
    let server = FailingServer::default();
    let result = at_once().budget(budget).call(GET, || server.fail()).await;
    assert_eq!(result, Err(RetryError::Failed { error: Boom(1), attempts: 1 }));
    assert_eq!(server.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_share_a_budget_that_time_and_calls_fill_again() {
    let clock = ManualClock::new();
    let budget = RetryBudget::new().clock(clock.clock()).ratio(0.1).min_per_second(1).burst(10);
    let (server, retry) = (FailingServer::default(), at_once().budget(budget.clone()));
    join_all((0..100).map(|_| retry.call(GET, || server.fail()))).await;
    // The burst, and a tenth of each call except the first, which finds the bucket full.
    assert_eq!(server.attempts(), 100 + 10 + 9);
    while budget.withdraw() {}
    clock.advance(Duration::from_secs(2));
    let failed = retry.call(GET, || server.fail()).await.unwrap_err();
    assert_eq!(failed.attempts(), 3, "two seconds are two retries");
}

#[tokio::test(start_paused = true)]
async fn call_that_is_not_retried_withdraws_nothing() {
    let budget = RetryBudget::new().clock(ManualClock::new().clock()).burst(10);
    let retry = at_once().budget(budget.clone());
    let server = FailingServer::default();
    retry.call(&Method::POST, || server.fail()).await.unwrap_err();
    retry.clone().deadline(ms(5)).base_delay(Duration::MAX).call(GET, || server.fail()).await.unwrap_err();
    retry.retry_if(|_: &Boom| false).call(GET, || server.fail()).await.unwrap_err();
    assert_eq!((server.attempts(), budget.available()), (3, 10));
}
