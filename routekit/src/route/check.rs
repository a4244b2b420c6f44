//! Checks the whole set of routes before any of them is mounted.

use std::collections::BTreeMap;

use super::{
    describe::{Description, NeedKind, PathValues},
    method::Method,
    registry::Route,
};
use crate::{
    base::setup_problem::SetupProblem,
    deps::{self, Deps},
};

/// A path that the app serves itself. It may end in a catch-all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reserved {
    pub(crate) path: &'static str,
    pub(crate) what: &'static str,
}

impl Reserved {
    /// Whether a route with this path would answer requests that are meant for the app itself. A reserved path with a
    /// catch-all covers every path below it.
    pub(crate) fn covers(&self, path: &str) -> bool {
        match self.path.split_once("{*") {
            Some((parent, _)) => path.starts_with(parent),
            None => path == self.path,
        }
    }

    /// The problem with a route at `path`, which is reserved.
    pub(crate) fn problem(&self, path: &str) -> SetupProblem {
        let Self { path: own, what } = self;
        let place = if path == *own { "a path".to_owned() } else { format!("under `{own}`,") };
        let message = format!("`{path}` is {place} where routekit serves {what}; give the route another path");
        SetupProblem::new("reserved-path", message)
    }
}

/// Reports duplicate routes, overlapping paths, duplicate operation ids, and dependencies that are not provided.
///
/// `routes` are sorted, each with its full path and description.
pub(crate) fn check<'a>(
    routes: impl Iterator<Item = (&'a Route, &'a str, &'a Description)> + Clone,
    reserved: &[Reserved],
    deps: &Deps,
    problems: &mut Vec<SetupProblem>,
) {
    check_paths(routes.clone().map(|(route, path, _)| (route, path)), reserved, problems);
    check_operation_ids(routes.clone().map(|(route, path, _)| (route, path)), problems);
    check_path_values(routes.clone(), problems);
    check_needs(routes, deps, problems);
}

/// `GET /users (src/users.rs:10)`
pub(crate) fn label(route: &Route, path: &str) -> String {
    format!("{} {path} ({})", route.meta().method(), route.meta().location())
}

fn check_paths<'a>(
    routes: impl Iterator<Item = (&'a Route, &'a str)>,
    reserved: &[Reserved],
    problems: &mut Vec<SetupProblem>,
) {
    let mut by_path: BTreeMap<&str, BTreeMap<Method, Vec<&Route>>> = BTreeMap::new();
    for (route, path) in routes {
        by_path.entry(path).or_default().entry(route.meta().method()).or_default().push(route);
    }

    // Paths overlap if axum's own matcher reports a conflict. Methods do not matter.
    let mut matcher = matchit::Router::new();
    for (path, methods) in &by_path {
        for (method, routes) in methods.iter().filter(|(_, routes)| routes.len() > 1) {
            problems.push(duplicate_route(*method, path, routes));
        }
        let places = |path: &str| -> Vec<String> {
            let routes = by_path.get(path).into_iter().flatten().flat_map(|(_, routes)| routes);
            routes.map(|route| route.meta().location().to_string()).collect()
        };
        if let Some(own) = reserved.iter().find(|reserved| reserved.covers(path)) {
            problems.push(own.problem(path).listing(places(path)));
            continue;
        }
        match matcher.insert(*path, ()) {
            Ok(()) => {}
            Err(matchit::InsertError::Conflict { with }) => {
                problems.push(overlapping_paths([(&with, places(&with)), (path, places(path))]));
            }
            Err(error) => problems.push(invalid_path(path, &places(path), &error)),
        }
    }
}

fn check_operation_ids<'a>(routes: impl Iterator<Item = (&'a Route, &'a str)>, problems: &mut Vec<SetupProblem>) {
    let mut by_id: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (route, path) in routes {
        if let Some(id) = route.meta().operation_id() {
            by_id.entry(id).or_default().push(label(route, path));
        }
    }
    for (id, routes) in by_id.into_iter().filter(|(_, routes)| routes.len() > 1) {
        let message = format!("{} routes have the operation id `{id}`", routes.len());
        problems.push(SetupProblem::new("duplicate-operation-id", message).listing(routes));
    }
}

/// Reports `Path<u64>` on a path with several placeholders, and its like.
fn check_path_values<'a>(
    routes: impl Iterator<Item = (&'a Route, &'a str, &'a Description)>,
    problems: &mut Vec<SetupProblem>,
) {
    for (route, path, description) in routes {
        let Some(PathValues { count, type_name }) = description.path_values else { continue };
        // `{{` is a brace in the path itself.
        let placeholders = path.replace("{{", "").matches('{').count();
        if count == placeholders {
            continue;
        }
        let count = if count == 1 { "one placeholder".to_owned() } else { format!("{count} placeholders") };
        let element = type_name.trim_start_matches('(').split([',', ')']).next().unwrap_or_default();
        let instead = match placeholders {
            0 => "leave the argument out".to_owned(),
            1 => format!("write `Path<{element}>`"),
            _ => format!("write `Path<({})>`", vec![element; placeholders].join(", ")),
        };
        let message = format!(
            "`Path<{type_name}>` takes a path with {count}, and `{path}` has {placeholders}; {instead}, or name each \
             argument like its placeholder"
        );
        problems.push(SetupProblem::new("path-values", message).listing([label(route, path)]));
    }
}

fn check_needs<'a>(
    routes: impl Iterator<Item = (&'a Route, &'a str, &'a Description)>,
    provided: &Deps,
    problems: &mut Vec<SetupProblem>,
) {
    let mut dependencies: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut states: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (route, path, description) in routes {
        for need in description.needs.iter().filter(|need| !provided.contains(need.type_id)) {
            let wanted = match need.kind {
                NeedKind::Dependency => &mut dependencies,
                NeedKind::State => &mut states,
                // An identity is not a dependency; the stage that checks access reports it.
                NeedKind::Identity => continue,
            };
            let wanted = wanted.entry(need.type_name).or_default();
            let label = label(route, path);
            if !wanted.contains(&label) {
                wanted.push(label);
            }
        }
        // A fallback is a plain axum handler, without a description.
        let breaker = route.meta().policies().breaker();
        let fallbacks = breaker.iter().flat_map(|breaker| [breaker.fallback, breaker.fallback_on_error]).flatten();
        for name in fallbacks.flat_map(|fallback| fallback.dependencies(provided)) {
            if !provided.contains_named(name) {
                dependencies.entry(name).or_default().push(format!("the fallback of {}", label(route, path)));
            }
        }
    }
    let dependencies = dependencies.into_iter().map(|(type_name, routes)| {
        let message = format!("{}. Required by", deps::missing_dependency(type_name, provided));
        SetupProblem::new("missing-dependency", message).listing(routes)
    });
    let states = states.into_iter().map(|(type_name, routes)| {
        let message = format!("{}. Required by", deps::missing_state(type_name, provided));
        SetupProblem::new("missing-state", message).listing(routes)
    });
    problems.extend(dependencies.chain(states));
}

fn duplicate_route(method: Method, path: &str, routes: &[&Route]) -> SetupProblem {
    let message = format!("`{method} {path}` is declared {} times", routes.len());
    SetupProblem::new("duplicate-route", message)
        .listing(routes.iter().map(|route| route.meta().location().to_string()))
}

/// Two paths that match the same requests, each with the locations of its routes.
fn overlapping_paths(paths: [(&str, Vec<String>); 2]) -> SetupProblem {
    let fix = if paths.iter().any(|(path, _)| path.contains("{*")) {
        "a placeholder and a catch-all cannot share a place: drop one, or put a literal before it"
    } else {
        "drop one, or give their placeholders the same names"
    };
    let places = paths.map(|(path, locations)| format!("`{path}` at {}", locations.join(", ")));
    SetupProblem::new("overlapping-paths", format!("these paths match the same requests; {fix}")).listing(places)
}

/// The problem with a path that passes the checks of the attribute but not axum's matcher.
fn invalid_path(path: &str, locations: &[String], error: &matchit::InsertError) -> SetupProblem {
    let place = format!("`{path}` at {}", locations.join(", "));
    SetupProblem::new("invalid-path", format!("{place}: {error}")).at(place)
}
