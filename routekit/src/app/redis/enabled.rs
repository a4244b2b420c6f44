//! The store in Redis of an app.

use std::time::Duration;

use crate::{
    base::{clock::Clock, printable::Chain, setting::Origin, setup_problem::SetupProblem, spawner::Spawner},
    breaker::{BreakerCommands, Breakers},
    cache::{CacheBuilder, ConnectFaultKind, RedisStore, TieredStore, is_lease},
    config::{Config, Secret},
    health::{HealthCheck, HealthCheckResult},
    shared_quotas::SharedQuotas,
};

/// How long the start waits for the server.
const START_LIMIT: Duration = Duration::from_secs(3);

/// The store in Redis, if the app has one.
#[derive(Debug)]
pub(in crate::app) struct RedisSetup {
    store: Option<RedisStore>,
    /// Where the user and the password, and the URL are configured. `None` for a store of the program.
    configured: Option<RedisOrigins>,
}

#[derive(Debug)]
struct RedisOrigins {
    login: (&'static str, Origin),
    url: Origin,
    prefix: Origin,
}

impl RedisSetup {
    /// Gives the cache the store that the configuration describes, unless the program has given it another.
    pub(in crate::app) fn configure(
        cache: CacheBuilder,
        config: &Config,
        clock: &Clock,
        problems: &mut Vec<SetupProblem>,
    ) -> (CacheBuilder, Self) {
        let none = |cache: CacheBuilder| {
            let store = cache.redis().cloned();
            (cache, Self { store, configured: None })
        };
        let has_store = cache.redis().is_some();
        let mut refuse = |reason: &str, but: Option<&str>| {
            let applies = |name: &str| Some(name) == but || has_store && name == super::BREAKER_COMMANDS;
            let given = super::given(config).filter(|(name, ..)| !applies(name));
            problems.extend(given.map(|setting| super::problem(&setting, reason)));
        };
        let Some(url) = &*config.redis_url else {
            refuse("has no effect, because `redis.url` is not set", None);
            return none(cache);
        };
        if cache.is_sized_elsewhere() {
            // Platforms set `REDIS_URL` for any purpose.
            let but = (*config.redis_url.origin() == Origin::Variable("REDIS_URL".to_owned())).then_some("redis.url");
            refuse("the app sets a cache, or a store for it, that is already built", but);
            return none(cache);
        }
        if !is_lease(*config.redis_lease) {
            let setting = super::all(config).into_iter().find(|(setting, ..)| *setting == "redis.lease");
            let reason = "must be zero, or between 100 ms and a minute";
            problems.extend(setting.map(|setting| super::problem(&setting, reason)));
            return none(cache);
        }
        let mut store = RedisStore::builder(url.expose())
            .prefix(&**config.redis_prefix)
            .required(*config.redis_required)
            .budget(*config.redis_budget)
            .horizon(*config.redis_horizon)
            .clock(clock.clone());
        if let Some(username) = &*config.redis_username {
            store = store.username(username);
        }
        if let Some(password) = &*config.redis_password {
            store = store.password(Secret::expose(password));
        }
        match store.build() {
            Ok(store) => {
                let url = config.redis_url.origin().clone();
                let login = match (&*config.redis_password, &*config.redis_username) {
                    (Some(_), _) => ("redis.password", config.redis_password.origin().clone()),
                    (None, Some(_)) => ("redis.username", config.redis_username.origin().clone()),
                    (None, None) => ("redis.url", url.clone()),
                };
                let prefix = config.redis_prefix.origin().clone();
                let configured = Some(RedisOrigins { login, url, prefix });
                let tiered = TieredStore::builder(store.clone())
                    .max_bytes(cache.bytes())
                    .lease(*config.redis_lease)
                    .consistency(*config.redis_consistency)
                    .fallback(*config.redis_fallback);
                (cache.store(tiered.build()), Self { store: Some(store), configured })
            }
            Err(error) => {
                let name = format!("redis.{}", error.setting());
                let setting = super::all(config).into_iter().find(|(setting, ..)| *setting == name);
                problems.extend(setting.map(|setting| super::problem(&setting, error.reason())));
                none(cache)
            }
        }
    }

    /// What makes shared rate limits possible.
    pub(in crate::app) const NEEDED_FOR_QUOTAS: &str =
        "set `redis.url` (or the variable `REDIS_URL`), or give the cache of the app a `RedisStore`";

    /// Whether an app without quotas has a problem that says why.
    pub(in crate::app) fn explains_missing_quotas(config: &Config) -> bool {
        // A platform may set `REDIS_URL` for any purpose, so that it has no effect beside a cache of the program.
        config.redis_url.is_some() && *config.redis_url.origin() != Origin::Variable("REDIS_URL".to_owned())
    }

    /// The quotas of rate limits that all processes with the same server and prefix share.
    pub(in crate::app) fn quotas(&self) -> Option<SharedQuotas> {
        self.store.as_ref().map(RedisStore::quotas)
    }

    /// The commands to breakers, which act on all processes if that is configured.
    pub(in crate::app) fn breaker_commands(
        &self,
        breakers: Breakers,
        config: &Config,
        clock: &Clock,
        spawner: Spawner,
    ) -> BreakerCommands {
        match &self.store {
            Some(store) if *config.redis_breaker_commands => {
                BreakerCommands::of_all(breakers, store.commands(), clock, spawner)
            }
            _ => BreakerCommands::of_process(breakers),
        }
    }

    /// The health of the server. It is critical if the server is required.
    pub(in crate::app) fn health_check(&self) -> Option<HealthCheck> {
        let store = self.store.clone()?;
        let required = store.is_required();
        let check = HealthCheck::new("redis", async move || match store.check_health().await {
            Ok(None) => HealthCheckResult::healthy(),
            // The app takes requests: entries that are there are used, and invalidations succeed.
            Ok(Some(full)) => HealthCheckResult::degraded(format!("entries are not stored: {}", Chain(&full))),
            Err(error) => HealthCheckResult::unhealthy(Chain(&error).to_string()),
        });
        Some(check.critical(required))
    }

    /// The line that says where the cache is.
    pub(in crate::app) fn line(&self) -> Option<String> {
        self.store.as_ref().map(|store| format!("cache in {}, prefix `{}`", store.server(), store.prefix()))
    }

    /// Warns about a prefix that other apps may have as well. No other can be derived: programs of one app share it.
    pub(in crate::app) fn warning(&self) -> Option<&'static str> {
        const SHARED: &str = "`redis.prefix` is not set: other apps without one on the same server share the \
                              responses of this app, also protected ones; set `redis.prefix` to the name of the app";
        let origins = self.configured.as_ref()?;
        (origins.prefix == Origin::Default).then_some(SHARED)
    }

    /// The time of the server since 1970, or why it does not answer.
    #[cfg(feature = "cli")]
    pub(in crate::app) async fn server_time(&self) -> Result<Duration, String> {
        match &self.store {
            Some(store) => store.server_time().await.map_err(|error| Chain(&error).to_string()),
            None => Err("the app has no store in Redis".to_owned()),
        }
    }

    /// Connects. A server that refuses the user or the database, or is too old, is a problem, and so is an absent one
    /// that is required.
    pub(in crate::app) async fn start(&self) -> Result<(), SetupProblem> {
        let Some(store) = &self.store else { return Ok(()) };
        let Err(fault) = store.connect_within(START_LIMIT).await else { return Ok(()) };
        let server = store.server();
        let (is_login, reason) = match fault.kind {
            ConnectFaultKind::Credentials => {
                (true, format!("{server} refuses the user or the password: {}", fault.reason))
            }
            ConnectFaultKind::Permission => {
                let guide = "the guide to Redis lists the commands that the cache needs";
                (true, format!("{server} does not let the user run a command: {} ({guide})", fault.reason))
            }
            ConnectFaultKind::NoPassword => {
                let reason = "needs a password: set the variable ROUTEKIT_REDIS_PASSWORD, or `redis.password`";
                (true, format!("{server} {reason}"))
            }
            ConnectFaultKind::Database => {
                (false, format!("{server} does not have the database of the URL: {}", fault.reason))
            }
            ConnectFaultKind::Version => (false, format!("{server} cannot be used: {}", fault.reason)),
            ConnectFaultKind::Unreachable if store.is_required() => {
                (false, format!("{server} cannot be reached, and it is required: {}", fault.reason))
            }
            ConnectFaultKind::Unreachable => return Ok(()),
        };
        Err(match &self.configured {
            Some(RedisOrigins { login: (name, origin), .. }) if is_login => refused(name, origin, &reason),
            Some(RedisOrigins { url, .. }) => refused("redis.url", url, &reason),
            None => SetupProblem::new("redis", reason),
        })
    }
}

fn refused(name: &'static str, origin: &Origin, reason: &str) -> SetupProblem {
    super::problem(&(name, origin, "(secret)".to_owned()), reason)
}
