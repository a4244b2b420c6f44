//! The invalidations that connect routes.

use std::collections::HashSet;

use crate::{
    app::declared::{DeclaredRoute, unknown_route},
    base::setup_problem::SetupProblem,
    policy::{Drops, WantedBy},
    route::RequestText,
};

/// Adds each cached route that has `invalidate_on` to the routes that it names. The names have the
/// prefixes of groups, and not the app's.
pub(super) fn wire_invalidate_on(routes: &mut [DeclaredRoute], problems: &mut Vec<SetupProblem>) {
    let as_declared = |declared: &DeclaredRoute| format!("{} {}", declared.route.meta().method(), declared.path_in_app);
    let names: Vec<String> = routes.iter().map(as_declared).collect();
    let invalidate_on = |declared: &DeclaredRoute| {
        let cache = declared.policies.cache.as_ref()?;
        let wanted_by = WantedBy { template: declared.path.clone(), partition: cache.partition() };
        Some((cache.invalidate_on(), wanted_by, declared.label()))
    };
    for (named, wanted_by, label) in routes.iter().filter_map(invalidate_on).collect::<Vec<_>>() {
        for name in named {
            match names.iter().position(|known| known == name) {
                Some(index) => routes[index].policies.wanted_by.push(wanted_by.clone()),
                None => {
                    let named_by = format!("`invalidate_on` of {label}");
                    problems.push(unknown_route(name, &named_by, names.iter().map(String::as_str)));
                }
            }
        }
    }
}

/// Decides for each route with an unsafe method whether it invalidates its own URL (RFC 9111 §4.4), and returns the
/// partitions of the stored responses.
///
/// A URL matches one template, so no response is stored for a URL whose template has no cached route. With `is_shared`,
/// layers outside the app may store responses too.
pub(super) fn wire_own_urls(routes: &mut [DeclaredRoute], is_shared: bool) -> Vec<RequestText> {
    let (mut paths, mut partitions) = (HashSet::new(), Vec::new());
    for declared in routes.iter() {
        let Some(cache) = declared.policies.cache.as_ref() else { continue };
        paths.insert(declared.path.clone());
        let known = |partition: &RequestText| partitions.iter().any(|known: &RequestText| known.is_same(partition));
        partitions.extend(cache.partition().filter(|partition| !known(partition)));
    }
    for declared in routes.iter_mut().filter(|declared| declared.route.meta().method.is_unsafe()) {
        declared.policies.drops = match () {
            () if is_shared || paths.contains(&declared.path) => Drops::Url,
            () if paths.is_empty() => Drops::Nothing,
            () => Drops::Named,
        };
    }
    partitions
}
