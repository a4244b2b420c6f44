//! Checks of the access to routes and to the admin surface.

use crate::{
    app::declared::DeclaredRoute,
    auth::Verifiers,
    base::setup_problem::SetupProblem,
    config::{self, AdminAddr, Config},
    route::Access,
};

const ADD_VERIFIER: &str = "no verifier checks credentials; add `.verifier(…)` or `.identify(…)` to the app";

/// Reports routes that require an identity in an app without a verifier, and verifiers with invalid settings.
pub(super) fn routes(
    routes: &[DeclaredRoute],
    verifiers: &Verifiers,
    require_auth: bool,
    problems: &mut Vec<SetupProblem>,
) {
    let labels = |is_wanted: &dyn Fn(&DeclaredRoute) -> bool| -> Vec<String> {
        routes.iter().filter(|declared| is_wanted(declared)).map(DeclaredRoute::label).collect()
    };
    if verifiers.is_empty() {
        let routes = labels(&|declared| *declared.policies.access != Access::Public);
        if require_auth || !routes.is_empty() {
            problems.push(no_verifier(routes));
        }
    }
    let routes = labels(&|declared| !declared.policies.access.is_identified() && declared.description.needs_identity());
    if !routes.is_empty() {
        let message = "these routes take an `Identity` and are open to everyone; add `auth`, or take an `Option` of it";
        problems.push(SetupProblem::new("missing-identity", message).listing(routes));
    }
    let invalid = verifiers.problems().into_iter();
    problems.extend(
        invalid.map(|(verifier, reason)| SetupProblem::new("invalid-verifier", format!("{verifier}: {reason}"))),
    );
}

fn no_verifier(routes: Vec<String>) -> SetupProblem {
    let layer = "if a layer of yours puts an `Identity` into requests: `.identify(async |_| None)`";
    let required = if routes.is_empty() { "Required by `.require_auth()`" } else { "Required by" };
    SetupProblem::new("no-verifier", format!("{ADD_VERIFIER} ({layer}). {required}")).listing(routes)
}

/// Reports an `admin_role` in an app without a verifier.
pub(super) fn admin_role(config: &Config, verifiers: &Verifiers, problems: &mut Vec<SetupProblem>) {
    if let Some(role) = &*config.admin_role
        && verifiers.is_empty()
    {
        let setting = config::place("admin_role", config.admin_role.origin());
        problems.push(SetupProblem::invalid_setting(setting, role, ADD_VERIFIER));
    }
}

/// Reports an admin surface without operators beside the routes of an app that requires authentication, and explained
/// requests beside the routes of one that does not.
pub(super) fn operators(config: &Config, require_auth: bool, problems: &mut Vec<SetupProblem>) {
    let has_operators = config.admin_token.is_some() || config.admin_role.is_some();
    if require_auth && !has_operators && *config.admin_addr == AdminAddr::Main {
        let setting = config::place("admin_addr", config.admin_addr.origin());
        let reason = "with `.require_auth()`, the admin surface beside the routes requires an operator; set \
                      `admin_token` or `admin_role`, or give it an address of its own";
        problems.push(SetupProblem::invalid_setting(setting, &config.admin_addr.to_string(), reason));
    }
    if !require_auth && *config.explain_requests > 0 && *config.admin_addr == AdminAddr::Main {
        let setting = config::place("explain_requests", config.explain_requests.origin());
        let reason = "every client could read the requests of others at `/requests`, because `admin_addr` is `main`; \
                      give the admin surface an address of its own, or add `.require_auth()` to the app";
        problems.push(SetupProblem::invalid_setting(setting, &config.explain_requests.to_string(), reason));
    }
}
