//! Circuit breakers: they stop calls to a failing dependency, so that it can recover and callers do not wait for it.
//!
//! ```
//! use routekit::prelude::*;
//!
//! #[get("/prices", breaker(failure_rate = 0.2, open_for = "30s"), timeout = "2s")]
//! async fn prices() -> Result<String> {
//!     // Calls another server. Once a fifth of these calls fail, clients get a 503 at once.
//! #   Ok(String::new())
//! }
//! # let _ = routes![prices];
//! ```
//!
//! 1. A *closed* breaker lets all calls pass, at the cost of one atomic read. It opens once the window holds at least
//!    `min_calls` calls and `failure_rate` or more of them failed, or `slow_rate` or more took `slow_call` or longer.
//! 2. The window is a time (60 seconds by default) or a number of calls. Its size in memory is constant. A window of
//!    time moves in sixty steps, so an outcome counts for 59 to 60 sixtieths of it.
//! 3. An *open* breaker refuses all calls for `open_for` (60 seconds). The first call after that makes it *half-open*:
//!    `half_open_calls` probes (1) pass, all other calls are refused. If all probes succeed, the breaker closes with an
//!    empty window. If one fails or is slow, it opens again, each time for `backoff` times as long as before and for
//!    at most `max_open_for` (10 minutes).
//! 4. A probe without an outcome frees its slot. A probe that outlives its lease (60 seconds, or a second longer than
//!    the timeouts of the routes) loses its slot to the next call, and its outcome is ignored. Around a handler, a
//!    probe has no slot while it waits for the request's body. Then it takes one again. If there is none, its body ends
//!    with an error and its response is a 503.
//! 5. An outcome counts only in the state in which the call was admitted. A call that began before the breaker opened
//!    changes nothing, however it ends.
//! 6. Time is monotonic; the wall clock only labels the last failure. State belongs to one breaker in one process: to
//!    one route, or to all routes that name the breaker.
//!
//! # Around handlers
//!
//! With `breaker(…)` on a route, or with [`HttpBreakerLayer`] on any axum router:
//!
//! 7. A 5xx, a timeout and a panic are failures. Any other response of the handler is a success, including a 4xx.
//!    Neutral, so that they neither count nor close the breaker, are a request that an extractor rejects with less than
//!    a 5xx, a response below 500 of the route's `layer(…)` in place of the handler, a client that disconnects, and a
//!    timeout while the handler waits for the request's body. The time of that wait does not count for `slow_call`. On
//!    a plain axum router, [`HttpBreakerLayer`] recognises rejections of routekit's extractors only.
//! 8. A response can override this with an [`Outcome`] in its extensions, and a route with a function
//!    (`classify = path`).
//! 9. A refused request does not run the handler. A cached route answers with a stale response if `stale_if_error`
//!    allows it; otherwise `fallback = path` answers, any axum handler, within the route's `timeout`; otherwise the
//!    response is a 503 with `Retry-After` in whole seconds, rounded up. A `fallback` runs only for refused requests.
//!    With `fallback_on_error = path`, a handler answers in place of each failed call too, once the failure is counted.
//!    It receives the request without its body, and has the route's `timeout` again. Without a `fallback` it also
//!    answers refused requests. The response of either is never stored. A `Dep<T>` that a fallback takes is checked
//!    at start-up.
//! 10. The breaker runs inside the cache, `auth` and `concurrency`, and outside `timeout`: cache hits and refusals of
//!     those policies are not calls. A handler that hangs without a `timeout` has no outcome until its client leaves,
//!     so the app logs a warning at start-up for such a route (a cached route has 30 seconds).
//! 11. Two declarations of the same name with different settings are an error at start-up. `breaker(name = "payments")`
//!     alone refers to the breaker that is declared elsewhere or added with [`App::breaker`](crate::App::breaker).
//!
//! # Outgoing calls
//!
//! [`CircuitBreaker::call`] makes a call. [`CircuitBreaker::try_acquire`] returns a [`Permit`] that takes the outcome
//! later. [`BreakerLayer`] wraps any tower service. `Dep<Breakers>` finds a breaker by name.
//!
//! - `Err` is a failure. The `Ok` of an HTTP client with status 5xx is a success unless
//!   [`CircuitBreaker::call_classified`] or [`BreakerLayer::classify`] says otherwise.
//! - Converted to a [`Problem`](crate::Problem), an open breaker is a 503 with `Retry-After`. An error that is a
//!   problem stays as it is, and any other error is a 500.
//! - Put timeouts *inside* the call. Dropping a call (a `tokio::time::timeout` around it, or
//!   [`Retry::attempt_timeout`](crate::retry::Retry::attempt_timeout)) leaves it without an outcome.
//! - A call within a call of the same breaker passes, and only the outer call counts. So a route with
//!   `breaker(name = "bank")` may call through `bank`: the request counts once, by its response. A handler that answers
//!   with 200 although its call has failed adds [`Outcome::Failure`] to the response. A call on a task that the handler
//!   has spawned counts separately.
//!
//! ```
//! use std::time::Duration;
//! use routekit::{ManualClock, breaker::{CallError, CircuitBreaker, State}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let clock = ManualClock::new();
//! let payments = CircuitBreaker::builder("payments")
//!     .failure_rate(0.5)
//!     .window(Duration::from_secs(60))
//!     .open_for(Duration::from_secs(30))
//!     .clock(clock.clock())
//!     .build()
//!     .unwrap();
//! for _ in 0..10 {
//!     assert_eq!(payments.call(|| async { Err::<(), _>("down") }).await, Err(CallError::Failed("down")));
//! }
//! let refused = payments.call(|| async { Ok::<_, &str>("never called") }).await;
//! assert!(matches!(refused, Err(CallError::Open(open)) if open.retry_after() == Duration::from_secs(30)));
//!
//! clock.advance(Duration::from_secs(30));
//! assert_eq!(payments.call(|| async { Ok::<_, &str>("paid") }).await, Ok("paid"));
//! assert_eq!(payments.state(), State::Closed);
//! # }
//! ```
//!
//! # Operation
//!
//! Every transition is logged once and counted. [`on_transition`](CircuitBreakerBuilder::on_transition) reports it to
//! the program, [`admin`](crate::admin) lists all breakers and can force or reset them, on [all
//! processes](crate::guide::redis#commands-to-circuit-breakers) if that is switched on, and [`metrics`](crate::metrics)
//! exports their states.

mod breakers;
mod builder;
mod call_error;
mod calls;
mod classify;
mod commands;
mod handle;
mod http;
mod invalid;
mod layer;
mod machine;
mod on_unwind;
mod permit;
mod snapshot;

pub use self::{
    breakers::Breakers,
    builder::CircuitBreakerBuilder,
    call_error::CallError,
    classify::{ByResult, Classify},
    handle::CircuitBreaker,
    http::{HttpBreaker, HttpBreakerFuture, HttpBreakerLayer},
    invalid::InvalidBreaker,
    layer::{Breaker, BreakerFuture, BreakerLayer},
    machine::{Cause, Mode, Open, State, Transition},
    permit::Permit,
    snapshot::BreakerSnapshot,
};
pub(crate) use self::{
    builder::PROBE_LEASE,
    commands::{BreakerCommands, CommandReach},
    handle::WeakBreaker,
    http::{AdmittedCall, Fallbacks, enter, guard, settle},
    machine::BreakerSettings,
};
pub use crate::route::{BreakerPolicy, Outcome, Ratio, Window};
