//! The first stage: the configuration, and the parts that depend on nothing else.

use super::{cache_settings, edge, rate_limits};
use crate::{
    app::{
        background_work::BackgroundWork,
        metering::recorder::Scope,
        redis::RedisSetup,
        spec::{ChangeConfig, SettingsSpec},
        tls::{self, ServerCertificate},
    },
    base::{clock::Clock, setting::Setting, setup_problem::SetupProblem},
    cache::Cache,
    config::Config,
    system::SystemMonitor,
};

/// The configuration with the program's changes, and the cache.
pub(super) struct Configured {
    pub(super) config: Box<Config>,
    pub(super) cache: Cache,
    pub(super) redis: RedisSetup,
    /// Whether the program built the cache, so that layers outside the app may use it too.
    pub(super) is_shared_cache: bool,
    /// Sound ones, if those of the configuration are not.
    pub(super) duration_buckets: Setting<Vec<f64>>,
    pub(super) system: SystemMonitor,
    /// For HTTPS on the main listener.
    pub(super) certificate: Option<ServerCertificate>,
    /// What the cache does after requests.
    pub(super) background_work: BackgroundWork,
}

/// Reads and changes the configuration, and builds the cache.
pub(super) fn configure(
    settings: SettingsSpec,
    clock: &Clock,
    scope: Scope,
    problems: &mut Vec<SetupProblem>,
) -> Configured {
    let SettingsSpec { config, changes, cache, change_cache, .. } = settings;
    let SettingsSpec { trusted_proxies, rate_limits, edge: program_edge, is_served, .. } = settings;
    let mut config = configuration(config, changes, scope, problems);
    rate_limits::set_defaults(&mut config, &trusted_proxies, rate_limits, problems);
    let has_certificate = is_served && config.server_tls_certificate.is_some();
    edge::configure(&mut config, program_edge, has_certificate);
    let known = problems.len();
    config.check(problems);
    let is_sound = problems.len() == known;
    let certificate = if is_served { tls::load(&config, problems) } else { None };
    let background_work = BackgroundWork::default();
    let is_shared_cache = cache.is_made();
    let cache = cache_settings::configured(cache, &mut config, problems);
    let (cache, redis) = RedisSetup::configure(cache, &config, clock, problems);
    let cache = if let Some(change) = change_cache { change(cache) } else { cache };
    let cache = cache.or(clock, &background_work.spawner()).build();
    cache_settings::check_hot_pages(&cache, &config, problems);
    let duration_buckets = if is_sound { config.duration_buckets.clone() } else { Config::default().duration_buckets };
    let system = SystemMonitor::new("/", clock.clone());
    Configured { config, cache, redis, is_shared_cache, duration_buckets, system, certificate, background_work }
}

/// The given configuration, or the one of the process, with the program's changes.
fn configuration(
    given: Option<Box<Config>>,
    changes: Vec<ChangeConfig>,
    scope: Scope,
    problems: &mut Vec<SetupProblem>,
) -> Box<Config> {
    let of_process = || match scope {
        Scope::Alone => Box::default(),
        Scope::Program => {
            // What can be read is used for the checks that follow, so that they find their problems too.
            let (config, unreadable) = Config::builder().process().read();
            problems.extend(unreadable);
            Box::new(config)
        }
    };
    let mut config = given.unwrap_or_else(of_process);
    for change in changes {
        change(&mut config);
    }
    config
}
