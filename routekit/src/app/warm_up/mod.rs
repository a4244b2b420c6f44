//! Asks the app for its cached pages before it is ready, so that no client waits for the first answer.
//!
//! 1. `plan`: which pages, decided and checked when the app is mounted. Cached GET routes without placeholders, unless they are cached
//!    per user or take somebody who is identified: nobody is asking. And what [`App::warm`](super::App::warm) names, whatever it is.
//! 2. `run`: asks for each as a client would that says nothing but the host, a few at a time, for so long and no longer. A request
//!    goes through everything that stands around its route, and is no traffic: no metrics of requests and no access log have it.
//! 3. `report`: how it went, for the log. Nothing that goes wrong keeps the app from starting.
//!
//! `server` holds readiness red meanwhile.

mod plan;
mod report;
mod run;

pub use self::report::{NotStored, WarmUpReport};
pub(super) use self::{
    plan::{Plan, Wishes, plan},
    run::WarmUp,
};
