//! Requests the app's cached pages before it is ready, so that no client waits for the first response.
//!
//! 1. `spec`: the pages and hosts that the program names, as text. `target` parses them.
//! 2. `plan`: the pages to request, which are decided and checked when the app is mounted: the cached GET routes
//!    without placeholders, unless they are cached per user, require an identity, or have a handler that takes more
//!    of the request than their key holds; and every page that [`App::warm`](super::App::warm) names.
//! 3. `hot_pages`: the most requested pages of the last process, from a file, if the configuration names one.
//! 4. `run`: requests each page like a client that sends no header but `Host`, a few at a time and for a limited time.
//!    A request passes through all layers of its route, but request metrics and the access log do not include it.
//! 5. `report`: the result, for the log. No failure keeps the app from starting.
//!
//! Meanwhile `server` holds readiness red.

mod hot_pages;
mod plan;
mod report;
mod run;
mod spec;
mod target;

pub use self::report::{NotStored, WarmUpReport};
pub(super) use self::{
    hot_pages::HotPages,
    plan::{WarmUpPlan, plan},
    run::WarmUp,
    spec::WarmUpSpec,
};
