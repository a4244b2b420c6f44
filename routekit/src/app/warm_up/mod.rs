//! Requests the app's cached pages before it is ready, so that no client waits for the first response.
//!
//! 1. `spec`: what the program says, as it was written. `target` parses it.
//! 2. `plan`: which pages, decided and checked when the app is mounted. It includes the cached GET routes without
//!    placeholders, unless they are cached per user, require an identity, or have a handler that takes more of the
//!    request than their key holds; and everything that [`App::warm`](super::App::warm) names.
//! 3. `run`: requests each page as a client would that sends nothing but the host, a few at a time and for a limited
//!    time. A request passes through all layers of its route. It is not traffic: metrics of requests and the access log
//!    do not include it.
//! 4. `report`: the result, for the log. No failure keeps the app from starting.
//!
//! `server` holds readiness red meanwhile.

mod plan;
mod report;
mod run;
mod spec;
mod target;

pub use self::report::{NotStored, WarmUpReport};
pub(super) use self::{
    plan::{WarmUpPlan, plan},
    run::WarmUp,
    spec::WarmUpSpec,
};
