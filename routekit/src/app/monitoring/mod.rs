//! What watches an app while it is served.

mod alerting;
mod figures;
mod notify;
pub(super) mod statistics;
pub(super) mod system;
mod tick;

pub(super) use self::{
    alerting::AlertMonitor,
    figures::{FigureSources, RouteRules},
    notify::AlertHook,
};
