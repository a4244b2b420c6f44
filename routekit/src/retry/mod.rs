//! Retries of *outgoing* calls, to other servers. Incoming requests are never retried.
//!
//! ```
//! use std::{io, time::Duration};
//! use http::{Method, Response, StatusCode};
//! use routekit::retry::{Retry, classify_response};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let retry = Retry::new().deadline(Duration::from_secs(5)).classify(classify_response);
//! let mut attempts = 0;
//! let response = retry
//!     .call(&Method::GET, || {
//!         attempts += 1;
//!         let status = if attempts < 3 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
//!         async move { Ok::<_, io::Error>(Response::builder().status(status).body("here").unwrap()) }
//!     })
//!     .await
//!     .unwrap();
//! assert_eq!(response.status(), 200);
//! assert_eq!(attempts, 3);
//! # }
//! ```
//!
//! A call is retried if all of these conditions hold:
//!
//! 1. There are [`attempts`](Retry::attempts) left (3 in total by default).
//! 2. It may be repeated: its method is idempotent (GET, HEAD, OPTIONS, TRACE, QUERY, PUT, DELETE; RFC 9110 §9.2.2), it
//!    was made with [`call_idempotent`](Retry::call_idempotent), or
//!    [`retry_non_idempotent`](Retry::retry_non_idempotent) is set.
//! 3. No open circuit breaker refused it: neither the error nor one of its sources is [`Open`](crate::breaker::Open).
//!    Retries would cancel the protection of the breaker.
//! 4. The result is an error, or [`retry_if`](Retry::retry_if) or [`classify`](Retry::classify) selects it. An attempt
//!    that took longer than [`attempt_timeout`](Retry::attempt_timeout) is always selected.
//! 5. The delay ends before the [`deadline`](Retry::deadline). Without a deadline, a server may request a delay of at
//!    most [`max_delay`](Retry::max_delay).
//! 6. The [`RetryBudget`] has a retry left. By default each call adds a tenth of a retry and each second adds ten, so
//!    an unavailable server gets a tenth more requests, and not three times as many.
//!
//! Otherwise the call returns the last result.
//!
//! - The delay before retry `n` is random, from zero to `base_delay * factor^(n-1)` and at most `max_delay`:
//!   exponential backoff with full jitter, as in "Exponential Backoff And Jitter" of the AWS Architecture Blog. A delay
//!   that the server requests is added to it.
//! - An attempt that is running at the deadline is dropped.
//! - Each retry is logged at level `debug` under the target `routekit::retry`.
//!
//! Two mistakes make retries harmful. Retries in several layers multiply, so retry in one layer, next to the call. A
//! `Retry` that is created for each call starts with a full budget each time, so create it once.

// `tower::retry::budget::TpsBudget` is no alternative: it uses tokio's time instead of our `Clock`, takes a lock each
// time, and checks and withdraws in two steps, so that racing callers can withdraw more than the bucket holds.

mod backoff;
mod budget;
mod classify;
mod error;
mod policy;
mod refused;
mod response;
mod run;

#[cfg(test)]
mod tests;

pub use self::{
    budget::RetryBudget,
    classify::{ClassifyAttempt, ClassifyWith, ErrorsIf, EveryError, RetryDecision},
    error::RetryError,
    policy::Retry,
    response::classify_response,
};
