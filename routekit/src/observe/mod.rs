//! How what happens to a request reaches whoever counts or logs it, without either knowing the other.
//!
//! 1. An [`Observer`] is told when a request has found its route, what the policies did to it, and how it ended, each once.
//!    Metrics and the access log are observers; [`App::observer`](crate::App::observer) adds yours.
//! 2. A [`RouteState`] is a route as observers know it: its template, and who observes it. It is made at start-up, and the
//!    stack of the route holds it.
//! 3. An [`Exchange`] is one request while it is answered. It travels in the request's extensions, so that whoever stands
//!    inside can say what whoever stands outside will want to know.
//! 4. A [`Failure`] travels in a response's extensions: which kind of 5xx it is.

mod cache_outcome;
mod exchange;
mod method;
mod observer;
mod permit;

pub(crate) use self::{
    cache_outcome::{CacheOutcome, WantsCacheOutcome},
    method::{METHODS, method_index, method_name},
    observer::Report,
    permit::RunningPermit,
};
pub use self::{
    exchange::{Exchange, RouteState, Routes},
    observer::{Event, Failure, Finished, Observer, Stopgap},
};
