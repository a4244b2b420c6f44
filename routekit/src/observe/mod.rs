//! Observers receive the events of requests, so that policies do not depend on metrics or logs.
//!
//! ```
//! use routekit::{observe::{Finished, Observer}, prelude::*};
//!
//! struct CountFailures(std::sync::atomic::AtomicU64);
//!
//! impl Observer for CountFailures {
//!     fn finished(&self, request: &Finished<'_>) {
//!         self.0.fetch_add(u64::from(request.failed()), std::sync::atomic::Ordering::Relaxed);
//!     }
//! }
//!
//! # fn main() {
//! let app = App::discover().observer(CountFailures(Default::default()));
//! # let _ = app;
//! # }
//! ```
//!
//! 1. An [`Observer`] is called when a request has matched its route, when a policy acts on it, and when it has ended.
//!    Metrics and the access log are observers. [`App::observer`](crate::App::observer) adds others.
//!    If an observer panics, the panic is logged, and the request and the other observers go on.
//! 2. A [`RouteState`] is a route as observers see it: its template and its observer. It is created at start-up and
//!    held by the middleware of the route.
//! 3. An [`Exchange`] is one request in progress. It is in the request's extensions, so that inner layers can pass
//!    information to outer layers.
//! 4. A [`Failure`] in the extensions of a response says which kind of 5xx it is. [`FallbackResponse`] marks a response
//!    that replaces the handler's.

mod allocated;
mod allocation_meter;
mod cache_outcome;
mod exchange;
mod knows_request;
mod method;
mod observer;
mod permit;
mod policy_trace;
mod request_tracer;
mod room;
mod route_state;
mod shield;
mod url_meter;

#[cfg(feature = "otlp")]
pub(crate) use self::request_tracer::install_request_tracer;
pub use self::{
    allocated::Allocated,
    exchange::Exchange,
    observer::{Event, Failure, FallbackResponse, Finished, Observer},
    route_state::{RouteObservers, RouteState},
};
pub(crate) use self::{
    allocation_meter::AllocationMeter,
    cache_outcome::{CacheOutcome, WantsCacheOutcome},
    exchange::ActiveRequest,
    knows_request::KnowsRequest,
    method::{METHODS, method_index, method_name},
    observer::{DecompressedBody, Ending, ProbeAnswer, ReplacesFailure, Report},
    permit::LateResponse,
    policy_trace::{MAX_DECISIONS, PolicyDecision, PolicyTrace, TracedRequest},
    request_tracer::{OverTls, RequestTracer, TracedHead, request_tracer},
    room::make_room,
    shield::shielded,
    url_meter::{RepeatCount, UrlFinding, UrlMeter},
};
// Published by `concurrency`.
#[doc(hidden)]
pub use self::permit::RunningPermit;
