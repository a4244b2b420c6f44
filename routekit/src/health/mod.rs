//! Liveness and readiness: whether the process runs, and whether it wants requests.
//!
//! 1. `/health/live` is 200 while the process answers. It checks nothing else, so that a database that is down never
//!    causes a restart.
//! 2. `/health/ready` is 200 while nothing holds [`Readiness`] red, else 503. The log and the admin surface have the
//!    reasons; the response does not.
//! 3. Both send `no-store` and are served on the main listener, so that a load balancer sees what its clients would
//!    see.

mod live;
mod readiness;

pub use self::readiness::{Hold, Readiness};
pub(crate) use self::{
    live::{LIVE_PATH, live},
    readiness::{READY_PATH, ready},
};
