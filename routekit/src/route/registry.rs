//! The routes of an app: all linked routes, those of named crates, or a list.

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
    further: &'static [Route],
}

inventory::collect!(Route);

impl Route {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        meta: &'static RouteMeta,
        describe: fn(&mut Description),
        endpoint: fn(&Wiring) -> Endpoint,
    ) -> Self {
        Self { meta, describe, endpoint, further: &[] }
    }

    /// For generated code: the routes of the handler's further attributes.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_further(mut self, further: &'static [Route]) -> Self {
        self.further = further;
        self
    }

    /// Replaces a route whose attribute is wrong. It never runs, because the program does not compile.
    #[doc(hidden)]
    pub const BROKEN: Self = {
        const META: &RouteMeta = &RouteMeta::new(Method::Get, "/", "", Location::new("", "", 0));
        Self::new(META, |_| {}, |_| unreachable!("a program with a wrong attribute does not compile"))
    };

    /// Returns the declaration.
    #[must_use]
    pub fn meta(&self) -> &'static RouteMeta {
        self.meta
    }

    /// Returns the routes of the handler's other attributes, if this is the route of the first. An app that has this
    /// route has those too.
    #[must_use]
    pub fn further(&self) -> &'static [Route] {
        self.further
    }

    /// Returns the description of the inputs, responses and dependencies.
    #[must_use]
    pub fn describe(&self) -> Description {
        let mut description = Description::default();
        (self.describe)(&mut description);
        description
    }

    /// Creates the endpoint with its dependencies from `wiring`. Call this after the start-up checks.
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

/// Returns the selected routes, sorted by path, method and location, so that the order does not depend on the linker.
pub(crate) fn select(selection: &Selection) -> Vec<Route> {
    let with_further = |route: &Route| [*route].into_iter().chain(route.further.iter().copied());
    let linked = inventory::iter::<Route>.into_iter().flat_map(with_further);
    let mut routes: Vec<Route> = match selection {
        Selection::Linked => linked.collect(),
        Selection::Crates(names) => {
            linked.filter(|route| names.iter().any(|name| is_crate(name, route.meta.location().crate_name()))).collect()
        }
        Selection::Listed(routes) => routes.iter().flat_map(with_further).collect(),
    };
    routes.sort_by_key(|route| (route.meta.path(), route.meta.method(), route.meta.location()));
    routes
}

/// Whether `name`, spelled as in Cargo or as in Rust, is the name of that crate.
pub(crate) fn is_crate(name: &str, crate_name: &str) -> bool {
    name.replace('-', "_") == crate_name
}
