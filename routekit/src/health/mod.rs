//! Whether the process lives, and whether it wants requests.
//!
//! 1. `/health/live`: the process runs and answers. It asks nothing else, so that a restart is never the answer to a
//!    database that is down.
//! 2. `/health/ready`: 200 while nothing holds [`Readiness`] red, else 503. Why it is red is for the log and the admin
//!    surface, and not for whoever asks.
//! 3. Both say `no-store`, and are answered on the main listener, where a load balancer sees what its clients would see.

mod live;
mod readiness;

pub use self::readiness::{Hold, Readiness};
pub(crate) use self::{
    live::{LIVE_PATH, live},
    readiness::{READY_PATH, ready},
};
