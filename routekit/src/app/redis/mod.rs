//! The cache in Redis: from the configuration to the start of the app.
//!
//! 1. `enabled` builds the store that the configuration describes, checks the server when the app starts, and reports
//!    its health.
//! 2. Without the feature `redis` there is none (`disabled`).

#[cfg(not(feature = "redis"))]
mod disabled;
#[cfg(feature = "redis")]
mod enabled;

#[cfg(not(feature = "redis"))]
pub(in crate::app) use self::disabled::RedisSetup;
#[cfg(feature = "redis")]
pub(in crate::app) use self::enabled::RedisSetup;
use crate::{
    base::{setting::Origin, setup_problem::SetupProblem},
    config::{self, Config},
};

/// The settings of Redis that are set, with where.
fn given(config: &Config) -> Vec<(&'static str, &Origin)> {
    let all = [
        ("redis.url", config.redis_url.origin()),
        ("redis.username", config.redis_username.origin()),
        ("redis.password", config.redis_password.origin()),
        ("redis.prefix", config.redis_prefix.origin()),
        ("redis.required", config.redis_required.origin()),
        ("redis.budget", config.redis_budget.origin()),
        ("redis.horizon", config.redis_horizon.origin()),
    ];
    all.into_iter().filter(|(_, origin)| **origin != Origin::Default).collect()
}

/// The problem of a setting of Redis. Values are not repeated, because they may be secret.
fn problem(name: &str, origin: &Origin, reason: &str) -> SetupProblem {
    SetupProblem::invalid_setting(config::place(name, origin), "(secret)", reason)
}
