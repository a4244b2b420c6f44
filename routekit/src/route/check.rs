//! Checks the whole set of routes before any of them is mounted.

use std::collections::BTreeMap;

use super::{
    describe::{Description, NeedKind},
    method::Method,
    registry::Route,
};
use crate::{deps::Deps, setup::SetupProblem};

/// A path that the app itself serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reserved {
    pub(crate) path: &'static str,
    pub(crate) what: &'static str,
}

/// Reports duplicates, overlaps, repeated operation ids, and dependencies that are not provided.
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
    check_needs(routes, deps, problems);
}

/// `GET /users (src/users.rs:10)`
fn label(route: &Route, path: &str) -> String {
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

    // Paths overlap where axum's own matcher says so. Methods do not matter.
    let mut matcher = matchit::Router::new();
    for (path, methods) in &by_path {
        for (method, routes) in methods.iter().filter(|(_, routes)| routes.len() > 1) {
            problems.push(SetupProblem::DuplicateRoute {
                route: format!("{method} {path}"),
                locations: routes.iter().map(|route| route.meta().location().to_string()).collect(),
            });
        }
        let places = |path: &str| -> Vec<String> {
            let routes = by_path.get(path).into_iter().flatten().flat_map(|(_, routes)| routes);
            routes.map(|route| route.meta().location().to_string()).collect()
        };
        if let Some(own) = reserved.iter().find(|reserved| reserved.path == *path) {
            problems.push(SetupProblem::ReservedPath {
                path: (*path).to_owned(),
                what: own.what,
                locations: places(path),
            });
            continue;
        }
        match matcher.insert(*path, ()) {
            Ok(()) => {}
            Err(matchit::InsertError::Conflict { with }) => {
                problems.push(SetupProblem::OverlappingPaths {
                    paths: vec![
                        (with.clone(), places(&with).join(", ")),
                        ((*path).to_owned(), places(path).join(", ")),
                    ],
                });
            }
            Err(error) => problems.push(SetupProblem::InvalidPath {
                route: format!("`{path}` at {}", places(path).join(", ")),
                reason: error.to_string(),
            }),
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
        problems.push(SetupProblem::DuplicateOperationId { operation_id: id.to_owned(), routes });
    }
}

fn check_needs<'a>(
    routes: impl Iterator<Item = (&'a Route, &'a str, &'a Description)>,
    deps: &Deps,
    problems: &mut Vec<SetupProblem>,
) {
    let mut dependencies: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut states: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (route, path, description) in routes {
        for need in description.needs.iter().filter(|need| !deps.contains(need.type_id)) {
            let wanted = match need.kind {
                NeedKind::Dependency => &mut dependencies,
                NeedKind::State => &mut states,
                // Not a dependency; `app/check.rs` checks it.
                NeedKind::Identity => continue,
            };
            let wanted = wanted.entry(need.type_name).or_default();
            let label = label(route, path);
            if !wanted.contains(&label) {
                wanted.push(label);
            }
        }
    }
    let dependencies =
        dependencies.into_iter().map(|(type_name, routes)| SetupProblem::MissingDependency { type_name, routes });
    let states = states.into_iter().map(|(type_name, routes)| SetupProblem::MissingState { type_name, routes });
    problems.extend(dependencies.chain(states));
}
