//! The fourth stage: checks of the whole app.

use std::{
    any::{TypeId, type_name},
    collections::HashMap,
    panic::Location,
};

use super::{check_access, configure::Configured, routers, wire::Wired};
use crate::{
    admin,
    app::{
        declared::{DeclaredRoute, unknown_route},
        documentation, hand_written,
        shutdown_hook::ShutdownHook,
        spec::{ProgramSpec, Provided},
        tls::ServerCertificate,
        warm_up::{self, WarmUpPlan},
    },
    base::{
        setup_problem::{Error, SetupProblem},
        spawner::Spawner,
        units,
    },
    breaker::Breakers,
    cache::Cache,
    config::{self, AdminAddr, Config, ServeOpenApi},
    health::{self, HealthMonitor},
    route::{self, Reserved},
};

/// An app without problems. Only [`check`] creates one.
pub(super) struct Checked {
    pub(super) configured: Configured,
    pub(super) wired: Wired,
    pub(super) program: ProgramSpec,
    pub(super) warm_up: WarmUpPlan,
    pub(super) health: HealthMonitor,
}

/// The paths that every app serves beside its routes.
const HEALTH: [Reserved; 4] = [
    Reserved { path: health::OVERALL_PATH, what: "its health" },
    Reserved { path: health::LIVE_PATH, what: "its liveness" },
    Reserved { path: health::READY_PATH, what: "its readiness" },
    Reserved { path: health::STARTUP_PATH, what: "the end of its start-up" },
];

/// Checks the whole app. Fails with all problems, those of earlier stages included.
pub(super) fn check(
    configured: Configured,
    wired: Wired,
    mut program: ProgramSpec,
    mut problems: Vec<SetupProblem>,
) -> Result<Checked, Error> {
    let (config, declared) = (&configured.config, &wired.declared);
    check_provided(&wired.provided, &mut problems);
    check_overrides(config, &declared.routes, &mut problems);
    check_idempotent(&declared.routes, &configured.cache, &mut problems);
    check_compress_stored(&declared.routes, &mut problems);
    let in_main = *config.admin_addr == AdminAddr::Main;
    let admin_paths = if in_main { admin::PATHS } else { &[] };
    documentation::check(config, &program.verifiers, &mut problems);
    let serve = *config.openapi_serve;
    let documented = serve == ServeOpenApi::Main || (serve == ServeOpenApi::Admin && in_main);
    let documentation_paths = if documented { documentation::PATHS } else { &[] };
    let reserved = [&HEALTH[..], admin_paths, documentation_paths].concat();
    let routes = declared.routes.iter().map(|declared| (&declared.route, &*declared.path, &declared.description));
    route::check(routes, &reserved, &wired.deps, &mut problems);
    check_access::routes(&declared.routes, &program.verifiers, declared.require_auth, &mut problems);
    check_access::admin_role(config, &program.verifiers, &mut problems);
    check_access::operators(config, declared.require_auth, &mut problems);
    let certificate = configured.certificate.as_ref().map(ServerCertificate::health_check);
    for own in certificate.into_iter().chain(configured.redis.health_check()) {
        match program.health.iter().find(|(check, _)| check.name() == own.name()) {
            None => program.health.push((own, Location::caller())),
            Some((_, location)) => {
                let message =
                    format!("the name of the health check `{}` at {location} belongs to the app itself", own.name());
                problems.push(SetupProblem::new("duplicate-health-check", message).at(location.to_string()));
            }
        }
    }
    problems.extend(health::problems(&program.health));
    problems.extend(program.shutdown_hooks.iter().filter_map(ShutdownHook::problem));
    let checks = std::mem::take(&mut program.health).into_iter().map(|(check, _)| check).collect();
    let health = HealthMonitor::new(checks, program.readiness.clone(), program.clock.clone(), Spawner::tokio());
    let has_hand_written = !program.hand_written.is_empty();
    let warm_up = warm_up::plan(&program.warm_up, &declared.routes, has_hand_written, &mut problems);
    if has_hand_written {
        let groups = routers::trial_groups(&configured, &wired, &health);
        hand_written::check(&groups, &program.hand_written, admin_paths, &mut problems);
    }
    if problems.is_empty() {
        Ok(Checked { configured, wired, program, warm_up, health })
    } else {
        Err(Error::new(problems))
    }
}

/// Reports types that are provided twice, and types that the app provides itself.
fn check_provided(provided: &[Provided], problems: &mut Vec<SetupProblem>) {
    let mut by_type: HashMap<_, Vec<&Provided>> = HashMap::new();
    for one in provided {
        by_type.entry(one.type_id).or_default().push(one);
    }
    let own = [
        (TypeId::of::<Cache>(), type_name::<Cache>(), "`.cache(…)`"),
        (TypeId::of::<Breakers>(), type_name::<Breakers>(), "`.breaker(…)`, each"),
    ];
    for (type_id, type_name, how) in own {
        let Some(others) = by_type.get(&type_id) else { continue };
        let own = format!("the app itself, which always does: give it yours with {how}");
        let locations = others.iter().map(|one| one.location.to_string()).chain([own]);
        problems.push(provided_twice(type_name, locations));
    }
    let mut twice: Vec<_> = by_type.into_values().filter(|all| all.len() > 1).collect();
    twice.sort_by_key(|all| all[0].location);
    let locations = |all: &[&Provided]| all.iter().map(|one| one.location.to_string()).collect::<Vec<_>>();
    problems.extend(twice.iter().map(|all| provided_twice(all[0].type_name, locations(all))));
}

fn provided_twice(type_name: &str, locations: impl IntoIterator<Item = String>) -> SetupProblem {
    let message =
        format!("`{type_name}` is provided twice; a dependency is found by its type, so wrap one in a type of its own");
    SetupProblem::new("provided-twice", message).listing(locations)
}

/// Reports configuration of routes that do not exist, and of policies that the route does not declare.
fn check_overrides(config: &Config, routes: &[DeclaredRoute], problems: &mut Vec<SetupProblem>) {
    for (name, overrides) in &config.routes {
        let Some(declared) = routes.iter().find(|declared| declared.name() == *name) else {
            let names: Vec<String> = routes.iter().map(DeclaredRoute::name).collect();
            problems.push(unknown_route(name, &overrides.origin.to_string(), names.iter().map(String::as_str)));
            continue;
        };
        let policies = &declared.route.meta().policies;
        let mut undeclared = |key: &str, origin, value: &str, policy: &str| {
            let setting = config::place(&format!("route.\"{name}\".{key}"), origin);
            let reason = format!("the route declares no `{policy}`");
            problems.push(SetupProblem::invalid_setting(setting, value, &reason));
        };
        if let (Some(ttl), None) = (&overrides.cache_ttl, &policies.cache) {
            undeclared("cache_ttl", ttl.origin(), &units::show_duration(ttl), "cache(…)");
        }
        if let (Some(ttl), None) = (&overrides.idempotent_ttl, &policies.idempotent) {
            undeclared("idempotent_ttl", ttl.origin(), &units::show_duration(ttl), "idempotent");
        }
        if let (Some(on), None) = (&overrides.breaker, &policies.breaker) {
            undeclared("breaker", on.origin(), if **on { "on" } else { "off" }, "breaker");
        }
    }
}

/// Reports routes with `compress_stored` in a program that cannot compress.
fn check_compress_stored(routes: &[DeclaredRoute], problems: &mut Vec<SetupProblem>) {
    if cfg!(feature = "compression") {
        return;
    }
    let compresses = |declared: &&DeclaredRoute| {
        declared.route.meta().policies.cache.is_some_and(|cache| cache.compress_stored().is_some())
    };
    let routes: Vec<String> = routes.iter().filter(compresses).map(DeclaredRoute::label).collect();
    if !routes.is_empty() {
        let message = "`compress_stored` needs the feature `compression` of the crate `routekit`, in Cargo.toml. \
                       Declared by";
        problems.push(SetupProblem::new("compress-stored-without-feature", message).listing(routes));
    }
}

/// Reports routes with idempotency keys whose responses are streamed, and a store that has no claims.
fn check_idempotent(routes: &[DeclaredRoute], cache: &Cache, problems: &mut Vec<SetupProblem>) {
    let labels = |is_wanted: &dyn Fn(&DeclaredRoute) -> bool| -> Vec<String> {
        let idempotent = routes.iter().filter(|declared| declared.policies.idempotent.is_some());
        idempotent.filter(|declared| is_wanted(declared)).map(DeclaredRoute::label).collect()
    };
    let streamed = labels(&|declared| declared.description.upgrades() || declared.description.streams());
    if !streamed.is_empty() {
        let message = "these routes are `idempotent`, and a response that is streamed cannot be stored for repeats; \
                       leave `idempotent` out, or return a response of known length";
        problems.push(SetupProblem::new("idempotent-stream", message).listing(streamed));
    }
    let all = labels(&|_| true);
    if !cache.has_claims() && !all.is_empty() {
        let message = "the store of the cache has no claims, which `idempotent` requires; implement \
                       `CacheStore::claim` and `swap_claim`. Required by";
        problems.push(SetupProblem::new("store-without-claims", message).listing(all));
    }
}

#[cfg(test)]
#[cfg(not(feature = "compression"))]
mod tests {
    use crate::prelude::*;

    #[get("/stored", cache(ttl = 60, compress_stored))]
    async fn stored() {}

    #[test]
    fn compress_stored_without_the_feature_is_a_startup_error() {
        let error = App::with_routes(crate::routes![stored]).into_router().unwrap_err();
        let [problem] = error.problems() else { panic!("{error}") };
        assert_eq!(problem.code(), "compress-stored-without-feature");
        let text = problem.to_string();
        assert!(text.contains("the feature `compression`") && text.contains("GET /stored"), "{text}");
    }
}
