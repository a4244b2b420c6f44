//! What can be wrong with what a program says, beside its routes (`route::check`) and its hand-written routers.

use std::{
    any::{TypeId, type_name},
    collections::HashMap,
};

use super::builder::Provided;
use crate::{
    auth::Verifiers,
    breaker::Breakers,
    cache::Cache,
    config::{self, AdminAddr, Config},
    route::{self, Access, Description, Route, Selection},
    setup::{self, SetupProblem},
};

/// Every route that configuration names must be there.
pub(super) fn overrides(config: &Config, routes: &[String], problems: &mut Vec<SetupProblem>) {
    for (route, overrides) in config.routes.iter().filter(|(route, _)| !routes.contains(route)) {
        problems.push(SetupProblem::UnknownRoute {
            route: route.clone(),
            named_by: overrides.origin.to_string(),
            nearest: setup::nearest(route, routes.iter().map(String::as_str)).map(str::to_owned),
        });
    }
}

/// Every crate that the program expects must bring routes.
pub(super) fn crates(expected: &[String], problems: &mut Vec<SetupProblem>) {
    let mut linked: Vec<&str> =
        route::select(&Selection::Linked).iter().map(|route| route.meta().location.crate_name()).collect();
    linked.sort_unstable();
    linked.dedup();
    for name in expected {
        if !linked.iter().any(|linked| route::is_crate(name, linked)) {
            problems.push(SetupProblem::MissingCrate {
                name: name.clone(),
                linked: linked.iter().map(|name| (*name).to_owned()).collect(),
            });
        }
    }
}

/// No type may be provided twice.
pub(super) fn provided(provided: &[Provided], problems: &mut Vec<SetupProblem>) {
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
        let locations = others.iter().map(|one| one.location.to_string()).chain([own]).collect();
        problems.push(SetupProblem::ProvidedTwice { type_name, locations });
    }
    let mut twice: Vec<_> = by_type.into_values().filter(|all| all.len() > 1).collect();
    twice.sort_by_key(|all| all[0].location);
    problems.extend(twice.iter().map(|all| SetupProblem::ProvidedTwice {
        type_name: all[0].type_name,
        locations: all.iter().map(|one| one.location.to_string()).collect(),
    }));
}

/// Whoever is let in must be known, which takes somebody who knows; and verifiers must be in order.
pub(super) fn access(
    routes: &[(&Route, &str, &Access, &Description)],
    verifiers: &Verifiers,
    require_auth: bool,
    problems: &mut Vec<SetupProblem>,
) {
    let label = |route: &Route, path: &str| format!("{} {path} ({})", route.meta().method, route.meta().location);
    let labels = |wanted: &dyn Fn(&Access, &Description) -> bool| -> Vec<String> {
        let wanted = routes.iter().filter(|(_, _, access, description)| wanted(access, description));
        wanted.map(|(route, path, ..)| label(route, path)).collect()
    };
    if verifiers.is_empty() {
        let routes = labels(&|access, _| *access != Access::Public);
        if require_auth || !routes.is_empty() {
            problems.push(SetupProblem::NoVerifier { routes });
        }
    }
    let routes = labels(&|access, description| !access.is_identified() && description.needs_identity());
    if !routes.is_empty() {
        problems.push(SetupProblem::MissingIdentity { routes });
    }
    let wrong = verifiers.problems().into_iter();
    problems.extend(wrong.map(|(verifier, reason)| SetupProblem::InvalidVerifier { verifier, reason }));
}

/// An identity with a role takes somebody who knows it.
pub(super) fn admin_role(config: &Config, verifiers: &Verifiers, problems: &mut Vec<SetupProblem>) {
    if let Some(role) = &*config.admin_role
        && verifiers.is_empty()
    {
        problems.push(SetupProblem::InvalidSetting {
            setting: config::place("admin_role", config.admin_role.origin()),
            value: role.clone(),
            reason: "nobody verifies credentials; add `.verifier(…)` or `.identify(…)` to the app".to_owned(),
        });
    }
}

/// Beside the routes of an app that is closed, the admin surface is closed too, and somebody must have the key.
pub(super) fn operators(config: &Config, require_auth: bool, problems: &mut Vec<SetupProblem>) {
    let nobody = config.admin_token.is_none() && config.admin_role.is_none();
    if require_auth && nobody && *config.admin_addr == AdminAddr::Main {
        problems.push(SetupProblem::InvalidSetting {
            setting: config::place("admin_addr", config.admin_addr.origin()),
            value: config.admin_addr.to_string(),
            reason:
                "with `.require_auth()`, the admin surface beside the routes takes an operator; set `admin_token` or \
                     `admin_role`, or give it an address of its own"
                    .to_owned(),
        });
    }
}

/// The prefix without a trailing slash; none if it is wrong.
pub(super) fn prefix<'a>(prefix: &'a str, problems: &mut Vec<SetupProblem>) -> &'a str {
    let trimmed = prefix.trim_end_matches('/');
    let reason = if trimmed.is_empty() {
        return "";
    } else if !trimmed.starts_with('/') {
        "must start with `/`"
    } else if trimmed.contains(['{', '}', '*', ':', '?', '#']) || trimmed.contains(char::is_whitespace) {
        "must be a plain path without placeholders; nest the app's router for those"
    } else {
        return trimmed;
    };
    problems.push(SetupProblem::InvalidPrefix { prefix: prefix.to_owned(), reason });
    ""
}
