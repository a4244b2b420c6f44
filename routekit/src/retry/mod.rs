//! Retries for calls that go *out*, to another server. Never for handlers: what came in is answered once.
//!
//! A call is made again if all of this is so:
//!
//! 1. There are [`attempts`](Retry::attempts) left: 3 in all, unless you say otherwise.
//! 2. It may be made twice: by its method (GET, HEAD, OPTIONS, TRACE, QUERY, PUT, DELETE; RFC 9110 §9.2.2), by
//!    [`call_idempotent`](Retry::call_idempotent), or by [`retry_non_idempotent`](Retry::retry_non_idempotent).
//! 3. It was not refused by an open circuit breaker: no [`Open`](crate::breaker::Open) is the error or among its
//!    sources. Else the retries would be what the breaker spares the server.
//! 4. The result is worth it: an error, or what [`retry_if`](Retry::retry_if) or [`classify`](Retry::classify) say.
//!    An attempt that took longer than [`attempt_timeout`](Retry::attempt_timeout) always is.
//! 5. The delay ends before the [`deadline`](Retry::deadline). Without a deadline, a server may ask for a delay of up
//!    to [`max_delay`](Retry::max_delay).
//! 6. The [`RetryBudget`] has a retry left. Each call pays for a tenth of one, and each second for ten: if a server is
//!    down, its clients send it a tenth more and not three times as much.
//!
//! Otherwise the last result is what the call gives. The delay before retry `n` is anything from nothing to
//! `base_delay * factor^(n-1)`, at most `max_delay`: exponential backoff with full jitter, as in "Exponential Backoff
//! And Jitter" of the AWS Architecture Blog. What a server asks for comes before that. When the deadline comes, an
//! attempt under way is dropped. Each retry is a line in the log, at `debug`.
//!
//! What breaks it: retries in several layers multiply, so retry in one, next to the call. A `Retry` that is made anew
//! for every call has a full budget every time.
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

// Not tower's budget (`tower::retry::budget::TpsBudget`): its time is tokio's and not our `Clock`'s, every look at it
// takes a lock, and it looks and takes in two steps, so that callers that race get more than there is.

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
