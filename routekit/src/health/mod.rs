//! Liveness and readiness: whether the process runs, and whether it can take requests.
//!
//! 1. `/health/live` answers 200 while the process responds. It checks nothing else, so that an unavailable database
//!    never causes a restart.
//! 2. `/health/ready` answers 200, or 503 while [`Readiness`] is held red. The reasons are in the log and on the admin
//!    surface, and not in the response.
//! 3. Both send `no-store`. They are served on the main listener, so that a load balancer gets the same view as its
//!    clients.

mod live;
mod readiness;

pub use self::readiness::{Hold, Readiness};
pub(crate) use self::{
    live::{LIVE_PATH, live},
    readiness::{READY_PATH, ready},
};
