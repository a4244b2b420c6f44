//! The rate limits of an app: those that routes declare, and the app's defaults.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    app::{declared::DeclaredRoute, redis::RedisSetup},
    base::{
        clock::Clock,
        setting::{Origin, Setting},
        setup_problem::SetupProblem,
    },
    config::{self, Config},
    policy::RateLimitScope,
    rate_limit::{self, Limit, Limiter},
};

/// Sets what the program says and the configuration does not.
pub(super) fn set_defaults(
    config: &mut Config,
    trusted_proxies: &[String],
    rate_limits: Vec<Limit>,
    problems: &mut Vec<SetupProblem>,
) {
    if !trusted_proxies.is_empty() && *config.trusted_proxies.origin() == Origin::Default {
        let text = trusted_proxies.join(",");
        match config::proxies(&text) {
            Ok(proxies) => config.trusted_proxies = Setting::new(proxies, Origin::Code),
            Err(error) => {
                let setting = config::place("trusted_proxies", &Origin::Code);
                problems.push(SetupProblem::invalid_setting(setting, &text, &error));
            }
        }
    }
    if !rate_limits.is_empty() && *config.rate_limit_default.origin() == Origin::Default {
        config.rate_limit_default = Setting::new(rate_limits, Origin::Code);
    }
}

/// Gives each route its limiters. Routes without limits of their own share those of their group
/// or of the app.
pub(super) fn wire(
    routes: &mut [DeclaredRoute],
    config: &Config,
    (clock, redis): (&Clock, &RedisSetup),
    problems: &mut Vec<SetupProblem>,
) {
    let max_keys = usize::try_from(*config.rate_limit_max_keys).unwrap_or(usize::MAX);
    let quotas = redis.quotas();
    check_shared(routes, config, quotas.is_some(), problems);
    // Processes with the same `owner` and limit count together.
    let make = |limits: &[Limit], owner: &str| -> Vec<Arc<Limiter>> {
        // Limits with a mistake are reported elsewhere; the app does not start.
        let is_sound = rate_limit::mistake(limits).is_none();
        let limits = limits.iter().filter(|_| is_sound);
        let limiter = |limit: &Limit| {
            let limiter = Limiter::new(limit.clone(), clock.clone(), max_keys);
            match quotas.clone().filter(|_| limit.is_shared()) {
                Some(quotas) => limiter.sharing(quotas, owner),
                None => limiter,
            }
        };
        limits.map(|limit| Arc::new(limiter(limit))).collect()
    };
    let of_app = make(&config.rate_limit_default, "app");
    let mut of_groups = BTreeMap::new();
    for declared in routes {
        let limits = &declared.policies.rate_limits;
        // Limits of an attribute, of a group and of the app were checked earlier.
        if let Some(mistake) = rate_limit::mistake(limits)
            && declared.policies.rate_limit_scope == RateLimitScope::Route
        {
            let name = format!("route.\"{}\".rate_limit", declared.name());
            let (setting, shown) = (config::place(&name, limits.origin()), show(limits));
            problems.push(SetupProblem::invalid_setting(setting, &shown, &mistake));
        }
        declared.policies.guards.rate_limits = match declared.policies.rate_limit_scope {
            RateLimitScope::App => of_app.clone(),
            RateLimitScope::Group(module) => {
                of_groups.entry(module).or_insert_with(|| make(limits, &format!("group {module}"))).clone()
            }
            RateLimitScope::Route => make(limits, &format!("route {}", declared.name())),
        };
    }
}

/// Reports limits that all processes share in an app without the means for it.
fn check_shared(routes: &[DeclaredRoute], config: &Config, has_quotas: bool, problems: &mut Vec<SetupProblem>) {
    // A URL that cannot be used is reported already.
    if has_quotas || RedisSetup::explains_missing_quotas(config) {
        return;
    }
    let shared = routes.iter().filter_map(|declared| {
        let limits = &declared.policies.rate_limits;
        let limit = limits.iter().find(|limit| limit.is_shared())?;
        Some(format!("{}, limit {limit} ({})", declared.label(), limits.origin()))
    });
    let shared: Vec<String> = shared.collect();
    if !shared.is_empty() {
        let message = format!(
            "these routes have a rate limit that is `shared`, which needs Redis; {}, or leave `shared` out",
            RedisSetup::NEEDED_FOR_QUOTAS
        );
        problems.push(SetupProblem::new("shared-limit-without-redis", message).listing(shared));
    }
}

fn show(limits: &[Limit]) -> String {
    limits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
