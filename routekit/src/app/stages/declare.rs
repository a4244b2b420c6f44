//! The second stage: the routes of the app, and the policies of each.

use routekit_grammar::path::wrong_part;

use crate::{
    app::{declared::DeclaredRoute, spec::RoutesSpec},
    base::{
        setting::{Origin, Setting},
        setup_problem::SetupProblem,
    },
    config::Config,
    policy::EffectivePolicies,
    route::{self, Access, DeclaredPolicies, LinkedGroups, Location, Method, Route, Selection},
};

/// The routes, sorted by path and method, each with its own policies.
pub(super) struct Declared {
    pub(super) routes: Vec<DeclaredRoute>,
    /// Without a trailing slash.
    pub(super) prefix: String,
    /// The access to a route that does not declare it.
    pub(super) default_access: Setting<Access>,
    pub(super) require_auth: bool,
    /// A warning for each group without routes.
    pub(super) unused_groups: Vec<String>,
}

/// Gives each route its full path and its effective policies. `has_hand_written` is whether the app also serves
/// hand-written routers.
pub(super) fn declare(
    spec: RoutesSpec,
    has_hand_written: bool,
    config: &Config,
    problems: &mut Vec<SetupProblem>,
) -> Declared {
    let RoutesSpec { selection, expected_crates, prefix, require_auth, allow_none } = spec;
    let selected = route::select(&selection);
    let all_linked = check_crates(&expected_crates, problems);
    // A crate that is missing is the reason already.
    if selected.is_empty() && all_linked && !allow_none && !has_hand_written {
        problems.push(no_routes(&selection));
    }
    let prefix = checked_prefix(&prefix, problems).to_owned();
    let default_access = match require_auth {
        true => Setting::new(Access::identified(), Origin::Code),
        false => Setting::default_to(Access::Public),
    };
    let linked_groups = LinkedGroups::collect();
    let locations = selected.iter().map(|route| route.meta().location);
    problems.extend(linked_groups.problems(&locations));
    // An app that lists its routes may leave out all routes of a group.
    let unused_groups = match &selection {
        Selection::Linked => {
            linked_groups.unused(locations).map(|group| format!("the group of {group} has no routes")).collect()
        }
        Selection::Crates(_) | Selection::Listed(_) => Vec::new(),
    };
    let declared = |route: Route| {
        let groups = linked_groups.of(route.meta().location);
        let path_in_app = full_path(&groups.prefix(), route.meta().path);
        let path = full_path(&prefix, &path_in_app);
        let overrides = config.routes.get(&format!("{} {path}", route.meta().method));
        let declared = DeclaredPolicies { own: route.meta().policies, groups: &groups };
        let policies = EffectivePolicies::new(declared, overrides, config, &default_access);
        DeclaredRoute { route, path, path_in_app, groups, description: route.describe(), policies }
    };
    let mut routes: Vec<DeclaredRoute> = selected.into_iter().map(declared).collect();
    // Groups have changed the paths.
    routes.sort_by(|a, b| sorting(a).cmp(&sorting(b)));
    Declared { routes, prefix, default_access, require_auth, unused_groups }
}

/// Routes are sorted by path, method and location.
fn sorting(declared: &DeclaredRoute) -> (&str, Method, Location) {
    let meta = declared.route.meta();
    (&declared.path, meta.method, meta.location)
}

fn full_path(prefix: &str, path: &str) -> String {
    match path {
        "/" if !prefix.is_empty() => prefix.to_owned(),
        path => format!("{prefix}{path}"),
    }
}

/// Reports expected crates that have no routes. Returns whether there are none.
fn check_crates(expected: &[String], problems: &mut Vec<SetupProblem>) -> bool {
    let mut linked: Vec<&str> =
        route::select(&Selection::Linked).iter().map(|route| route.meta().location.crate_name()).collect();
    linked.sort_unstable();
    linked.dedup();
    let missing = expected.iter().filter(|name| !linked.iter().any(|linked| route::is_crate(name, linked)));
    let known = problems.len();
    problems.extend(missing.map(|name| missing_crate(name, &linked)));
    problems.len() == known
}

fn no_routes(selection: &Selection) -> SetupProblem {
    let fix = match selection {
        Selection::Listed(_) => "list its routes: `App::with_routes(routes![…])`",
        Selection::Linked | Selection::Crates(_) => {
            "no crate that is linked declares one; linkers drop crates that nothing refers to, so write \
             `use my_routes as _;`"
        }
    };
    let message = format!("the app has no routes; {fix}\n  an app without routes is served with `.allow_no_routes()`");
    SetupProblem::new("no-routes", message)
}

fn missing_crate(name: &str, linked: &[&str]) -> SetupProblem {
    let found = match linked {
        [] => "no crate brings routes".to_owned(),
        linked => format!("routes come from {}", linked.join(", ")),
    };
    let fix = format!("write `use {} as _;`", name.replace('-', "_"));
    let message =
        format!("the crate `{name}` brings no routes; linkers drop crates that nothing refers to, so {fix}\n  {found}");
    SetupProblem::new("missing-crate", message).at(name)
}

/// The prefix without a trailing slash; empty if it is invalid.
fn checked_prefix<'a>(prefix: &'a str, problems: &mut Vec<SetupProblem>) -> &'a str {
    let trimmed = prefix.trim_end_matches('/');
    let reason = if trimmed.is_empty() {
        return "";
    } else if !trimmed.starts_with('/') {
        "must start with `/`"
    } else if trimmed.contains(['{', '}', '*', ':', '?', '#']) || trimmed.contains(char::is_whitespace) {
        "must be a plain path without placeholders; nest the app's router for those"
    } else if let Some(wrong) = wrong_part(trimmed) {
        let message = format!("the prefix `{prefix}`: {}", wrong.reason);
        problems.push(SetupProblem::new("invalid-prefix", message));
        return "";
    } else {
        return trimmed;
    };
    problems.push(SetupProblem::new("invalid-prefix", format!("the prefix `{prefix}` {reason}")));
    ""
}
