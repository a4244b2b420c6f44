//! The routes of an app: all that are linked, those of named crates, or a list.

use std::fmt;

use super::{
    describe::Description,
    endpoint::{Endpoint, Wiring},
    meta::{Location, RouteMeta},
    method::Method,
};

/// One route, as `#[route]` builds it. `handler::ROUTE` is the route of the function `handler`.
#[derive(Clone, Copy)]
pub struct Route {
    meta: &'static RouteMeta,
    describe: fn(&mut Description),
    endpoint: fn(&Wiring) -> Endpoint,
}

inventory::collect!(Route);

impl Route {
    /// What generated code calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        meta: &'static RouteMeta,
        describe: fn(&mut Description),
        endpoint: fn(&Wiring) -> Endpoint,
    ) -> Self {
        Self { meta, describe, endpoint }
    }

    /// Stands in for a route whose attribute is wrong. It never runs: the program does not compile.
    #[doc(hidden)]
    pub const BROKEN: Self = {
        const META: &RouteMeta = &RouteMeta::new(Method::Get, "/", "", Location::new("", "", 0));
        Self::new(META, |_| {}, |_| unreachable!("a program with a wrong attribute does not compile"))
    };

    /// What the attribute says.
    #[must_use]
    pub fn meta(&self) -> &'static RouteMeta {
        self.meta
    }

    /// What the handler takes, returns and needs.
    #[must_use]
    pub fn describe(&self) -> Description {
        let mut description = Description::default();
        (self.describe)(&mut description);
        description
    }

    /// The handler as a function from request to response. Call this after the start-up checks: it takes what the
    /// handler needs from `wiring`.
    pub(crate) fn endpoint(&self, wiring: &Wiring) -> Endpoint {
        (self.endpoint)(wiring)
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({} {})", self.meta.method(), self.meta.path())
    }
}

/// The routes that an app mounts.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// Every route linked into the program.
    Linked,
    /// Every linked route of these crates.
    Crates(Vec<String>),
    /// Only these routes.
    Listed(Vec<Route>),
}

/// The selected routes, by path, then method, then place in the source: an order that does not depend on the linker.
pub(crate) fn select(selection: &Selection) -> Vec<Route> {
    let linked = inventory::iter::<Route>.into_iter().copied();
    let mut routes: Vec<Route> = match selection {
        Selection::Linked => linked.collect(),
        Selection::Crates(names) => {
            linked.filter(|route| names.iter().any(|name| is_crate(name, route.meta.location().crate_name()))).collect()
        }
        Selection::Listed(routes) => routes.clone(),
    };
    routes.sort_by_key(|route| (route.meta.path(), route.meta.method(), route.meta.location()));
    routes
}

/// Whether `name`, spelled as in Cargo or as in Rust, is the name of that crate.
pub(crate) fn is_crate(name: &str, crate_name: &str) -> bool {
    name.replace('-', "_") == crate_name
}
