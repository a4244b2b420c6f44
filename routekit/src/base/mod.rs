//! The foundation of all other modules: time, background work, settings with their origin, start-up problems.

pub(crate) mod clock;
pub(crate) mod entered;
pub(crate) mod failure_cause;
pub(crate) mod html_page;
pub(crate) mod http_target;
pub(crate) mod message;
pub(crate) mod pass_or_answer;
pub(crate) mod printable;
pub(crate) mod program_log;
#[cfg(test)]
pub(crate) mod property;
pub(crate) mod redis_waits;
pub(crate) mod setting;
pub(crate) mod setup_problem;
pub mod spawner;
#[cfg(any(feature = "jwks", feature = "redis"))]
pub(crate) mod tls;
pub(crate) mod units;
