//! What an app finds out about itself while it serves.

mod alerting;
mod figures;
mod notify;

pub(super) use self::{alerting::AlertMonitor, figures::FigureSources, notify::AlertHook};
