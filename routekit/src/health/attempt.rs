//! One run of a check, within its timeout. A panic is a result.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use super::{check::HealthCheck, result::HealthCheckResult};
use crate::{base::clock::Clock, deadline::Deadline};

/// Runs the check to its end, and measures how long it takes.
pub(super) async fn run(check: &HealthCheck, clock: &Clock) -> HealthCheckResult {
    let began = clock.now();
    let mut work = check.run();
    let mut deadline = Deadline::default();
    let mut result = poll_fn(|cx| {
        // The future is dropped after a panic, so nothing sees its state.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Ready(result)) => Poll::Ready(result),
            Ok(Poll::Pending) => deadline.poll_expired(check.timeout, clock, cx).map(|()| timed_out(check)),
            // The panic hook has printed its message.
            Err(_) => Poll::Ready(HealthCheckResult::unhealthy("the check panicked")),
        }
    })
    .await;
    result.duration = clock.now() - began;
    result
}

fn timed_out(check: &HealthCheck) -> HealthCheckResult {
    HealthCheckResult::unhealthy(format!("no result within {:?}", check.timeout))
}
