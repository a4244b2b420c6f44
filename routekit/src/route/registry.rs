//! Which routes an app has: everything linked, that of named crates, or a list.

use super::Route;

/// What an app was told to mount.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// Every route linked into the program.
    Linked,
    /// Every linked route of these crates.
    Crates(Vec<String>),
    /// These.
    Listed(Vec<Route>),
}

/// The selected routes, by path, then method, then place in the source: an order that does not depend on the linker.
pub(crate) fn select(selection: &Selection) -> Vec<Route> {
    let linked = inventory::iter::<Route>.into_iter().copied();
    let mut routes: Vec<Route> = match selection {
        Selection::Linked => linked.collect(),
        Selection::Crates(names) => {
            linked.filter(|route| names.iter().any(|name| is_crate(name, route.meta.location.crate_name()))).collect()
        }
        Selection::Listed(routes) => routes.clone(),
    };
    routes.sort_by_key(|route| (route.meta.path, route.meta.method, route.meta.location));
    routes
}

/// Whether `name`, as Cargo or as Rust spells it, is that crate.
pub(crate) fn is_crate(name: &str, crate_name: &str) -> bool {
    name.replace('-', "_") == crate_name
}
