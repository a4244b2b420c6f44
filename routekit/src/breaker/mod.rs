//! Circuit breakers: what fails is left alone for a while, so that it can recover and nobody waits for it.
//!
//! 1. A breaker is *closed* as long as what it guards is well: all calls pass, which costs one read of memory, and no lock. It opens when, of at least `min_calls` calls in its
//!    window, `failure_rate` or more have failed, or `slow_rate` or more took `slow_call` or longer (exactly as long is slow).
//! 2. A window is a time (60 seconds), cut into sixty parts that leave one after the other, so that an outcome counts for 59 to 60 sixtieths of it; or the last so many calls. It has a fixed
//!    size, whatever the number of calls.
//! 3. *Open*, it lets no call pass for `open_for` (60 seconds). With the next call after that it is *half-open*: `half_open_calls` probes pass (1), and all others are refused. When all of
//!    them have succeeded it closes, with an empty window; with the first that fails, or is slow, it opens again, for `backoff` times as long as before if that is set, and for at most
//!    `max_open_for` (10 minutes).
//! 4. A probe that nobody hears of any more gives its permit back, and comes to nothing. One that takes longer than its lease (60 seconds, or a second longer than the timeouts of its routes) loses it to
//!    the next call, and what becomes of it no longer counts.
//! 5. What becomes of a call counts only in the state in which it was let through. A call that began before the breaker opened changes nothing, however it ends.
//! 6. Time is monotonic: setting the wall clock changes nothing but the label of the last failure. State is a breaker's and so a route's, or that of all routes that name it, never a connection's; and
//!    it is this process's own.
//!
//! # Around handlers
//!
//! With `breaker(…)` on a route, or [`HttpBreakerLayer`] on any axum router:
//!
//! 7. A 5xx, a timeout and a panic are failures. Everything else is a success, 4xx included: also those of extractors, which have not asked what the handler depends on. A client that leaves is
//!    neither, and so is a timeout while the handler waits for the request's body.
//! 8. A response can say otherwise, by an [`Outcome`] in its extensions, and so can a function of the route (`judge = path`).
//! 9. Refused requests are answered with 503 and `Retry-After`, in whole seconds and rounded up, and their handler does not run. Where the route is cached, a stale answer is given if `stale_if_error` allows it;
//!    else `fallback = path` answers, if there is one: any axum handler, within the route's `timeout`. What a fallback says is never stored. A `Dep<T>` that only it takes is not checked at start-up.
//! 10. The breaker stands inside the cache, `auth` and `concurrency`, and around `timeout`: hits and refusals are no calls. A handler without a `timeout` that hangs comes to no outcome until its client leaves, and
//!     the app warns of it at start-up (a cached one has 30 seconds).
//! 11. Two declarations of one name that differ are an error at start-up. `breaker(name = "payments")` alone means the one that is declared elsewhere, or given with
//!     [`App::breaker`](crate::App::breaker).
//!
//! # Outgoing calls
//!
//! [`CircuitBreaker::call`] makes a call, [`CircuitBreaker::try_acquire`] has a permit that says later how it ended, [`BreakerLayer`] stands around any tower service; `Dep<Breakers>` finds a breaker by name.
//! A failed call is `Err` (a client's 5xx is `Ok` unless [`CircuitBreaker::call_judged`] says otherwise). As a [`Problem`](crate::Problem) an open breaker is a 503 with `Retry-After`, a call that failed
//! with a problem is that one, and every other is a 500.
//!
//! A request must not go through one breaker twice: a route that says `breaker(name = "bank")` has no handler that calls through `bank` as well. Each failure would count twice, and half-open, the route
//! would have the probe that its own call waits for.
//!
//! A limit of time belongs *inside* the call: whoever drops a call (`tokio::time::timeout` around it, [`Retry::attempt_timeout`](crate::retry::Retry::attempt_timeout)) says that nobody knows how it
//! would have ended.
//!
//! ```
//! use std::time::Duration;
//! use routekit::{Clock, breaker::{CallError, CircuitBreaker, State}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let clock = Clock::manual();
//! let payments = CircuitBreaker::builder("payments")
//!     .failure_rate(0.5)
//!     .window(Duration::from_secs(60))
//!     .open_for(Duration::from_secs(30))
//!     .clock(clock.clone())
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
//! # Operators
//!
//! A change is logged once, and counted; [`on_transition`](CircuitBreakerBuilder::on_transition) tells a program. [`admin`](crate::admin) shows all breakers, and forces or resets them; [`metrics`](crate::metrics) has
//! their states.

mod breakers;
mod builder;
mod call_error;
mod future;
mod gate;
mod handle;
mod http;
mod invalid;
mod judge;
mod layer;
mod on_unwind;
mod open;
mod permit;
mod service;
mod settings;
mod snapshot;
mod state;
mod sync;
mod transition;
mod window;

pub use self::{
    breakers::Breakers,
    builder::CircuitBreakerBuilder,
    call_error::CallError,
    future::BreakerFuture,
    handle::CircuitBreaker,
    http::{HttpBreaker, HttpBreakerFuture, HttpBreakerLayer},
    invalid::InvalidBreaker,
    judge::{ByResult, Judge},
    layer::BreakerLayer,
    open::Open,
    permit::Permit,
    service::Breaker,
    snapshot::Snapshot,
    transition::{Cause, Mode, State, Transition},
};
pub(crate) use self::{builder::PROBE_LEASE, handle::WeakBreaker, http::ClassifiedCall, settings::Settings};
pub use crate::route::{Outcome, Ratio, Window};
