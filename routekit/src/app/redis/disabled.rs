//! Stands in for Redis in builds without the feature.

use crate::{
    base::{clock::Clock, setup_problem::SetupProblem, spawner::Spawner},
    breaker::{BreakerCommands, Breakers},
    cache::CacheBuilder,
    config::Config,
    health::HealthCheck,
    shared_quotas::SharedQuotas,
};

/// No cache in Redis.
#[derive(Debug)]
pub(in crate::app) struct RedisSetup;

impl RedisSetup {
    /// Reports settings that need the feature.
    pub(in crate::app) fn configure(
        cache: CacheBuilder,
        config: &Config,
        _clock: &Clock,
        problems: &mut Vec<SetupProblem>,
    ) -> (CacheBuilder, Self) {
        let reason = "needs the feature `redis` of the crate `routekit`, in Cargo.toml";
        problems.extend(super::given(config).map(|setting| super::problem(&setting, reason)));
        (cache, Self)
    }

    /// What makes shared rate limits possible.
    pub(in crate::app) const NEEDED_FOR_QUOTAS: &str =
        "enable the feature `redis` of the crate `routekit` in Cargo.toml, and set `redis.url`";

    pub(in crate::app) fn explains_missing_quotas(_config: &Config) -> bool {
        false
    }

    pub(in crate::app) fn quotas(&self) -> Option<SharedQuotas> {
        None
    }

    pub(in crate::app) fn breaker_commands(
        &self,
        breakers: Breakers,
        _config: &Config,
        _clock: &Clock,
        _spawner: Spawner,
    ) -> BreakerCommands {
        BreakerCommands::of_process(breakers)
    }

    pub(in crate::app) fn health_check(&self) -> Option<HealthCheck> {
        None
    }

    pub(in crate::app) fn line(&self) -> Option<String> {
        None
    }

    pub(in crate::app) fn warning(&self) -> Option<&'static str> {
        None
    }

    pub(in crate::app) async fn start(&self) -> Result<(), SetupProblem> {
        Ok(())
    }

    #[cfg(feature = "cli")]
    pub(in crate::app) async fn server_time(&self) -> Result<std::time::Duration, String> {
        Err("this build has no Redis".to_owned())
    }
}
