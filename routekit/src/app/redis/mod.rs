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
    base::{setting::Origin, setup_problem::SetupProblem, units},
    config::{self, Config},
};

/// A setting of Redis: its name, its origin, and its value as messages may show it.
type RedisSetting<'a> = (&'static str, &'a Origin, String);

/// The setting that concerns a store of the program, too.
const BREAKER_COMMANDS: &str = "redis.breaker_commands";

/// All settings of Redis.
fn all(config: &Config) -> [RedisSetting<'_>; 11] {
    let secret = || "(secret)".to_owned();
    [
        ("redis.url", config.redis_url.origin(), secret()),
        (
            "redis.username",
            config.redis_username.origin(),
            config.redis_username.as_deref().unwrap_or_default().to_owned(),
        ),
        ("redis.password", config.redis_password.origin(), secret()),
        ("redis.prefix", config.redis_prefix.origin(), config.redis_prefix.to_string()),
        ("redis.required", config.redis_required.origin(), config.redis_required.to_string()),
        ("redis.budget", config.redis_budget.origin(), units::show(&config.redis_budget)),
        ("redis.horizon", config.redis_horizon.origin(), units::show(&config.redis_horizon)),
        ("redis.lease", config.redis_lease.origin(), units::show(&config.redis_lease)),
        ("redis.consistency", config.redis_consistency.origin(), config.redis_consistency.as_str().to_owned()),
        ("redis.fallback", config.redis_fallback.origin(), config.redis_fallback.as_str().to_owned()),
        (BREAKER_COMMANDS, config.redis_breaker_commands.origin(), config.redis_breaker_commands.to_string()),
    ]
}

/// The settings of Redis that are set.
fn given(config: &Config) -> impl Iterator<Item = RedisSetting<'_>> {
    all(config).into_iter().filter(|(_, origin, _)| **origin != Origin::Default)
}

/// The problem of a setting of Redis.
fn problem((name, origin, value): &RedisSetting<'_>, reason: &str) -> SetupProblem {
    SetupProblem::invalid_setting(config::place(name, origin), value, reason)
}
