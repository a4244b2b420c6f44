//! What a route *is*: plain data made at compile time, readable without running anything, and how routes are found.
//!
//! 1. `#[route]` builds one [`Route`] in const context and submits it through `inventory`.
//! 2. [`RouteMeta`] says what was written: method, path, place in the source, documentation, [`Policies`].
//! 3. Two functions come with it: one describes inputs, outputs and needs ([`Description`]), one makes the [`Endpoint`].
//! 4. `registry` gathers the linked routes, sorted, and `check` reports whatever is wrong with the whole set.

mod access;
mod breaker_policy;
mod cache_policy;
mod cdn_tags;
mod check;
mod describe;
mod describe_json;
mod endpoint;
mod meta;
mod method;
mod outcome;
mod policies;
#[doc(hidden)]
pub mod probe;
mod registry;
pub(crate) mod spelling;

pub use self::{
    breaker_policy::BreakerPolicy,
    cache_policy::{CachePolicy, Invalidates},
    endpoint::{Endpoint, EndpointFuture},
    meta::{Location, RouteMeta},
    method::Method,
    policies::{Deprecation, Policies},
};
// For generated code, and for the modules that publish them under their own names.
#[doc(hidden)]
pub use self::{
    access::{Access, AnyOf, Grant},
    breaker_policy::{Fallback, JudgeResponse, Ratio, Window, fallback},
    cache_policy::{Audience, RequestText},
    cdn_tags::CdnTags,
    describe::{Describe, DescribeResponse, Description, Input, InputSource, NoPayload, Output, Payload},
    endpoint::{Context, Wiring, endpoint},
    outcome::Outcome,
};
pub(crate) use self::{
    check::{Reserved, check, label},
    describe::NeedKind,
    registry::{Selection, is_crate, select},
};

/// One route, as `#[route]` builds it. `handler::ROUTE` is that of a handler.
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

    /// What stands in for a route whose attribute is wrong. It never runs: the program does not compile.
    #[doc(hidden)]
    pub const BROKEN: Self = {
        const META: &RouteMeta = &RouteMeta::new(Method::Get, "/", "", Location::new("", "", 0));
        Self::new(META, |_| {}, |_| unreachable!("a program with a wrong attribute does not compile"))
    };

    /// What was written.
    #[must_use]
    pub fn meta(&self) -> &'static RouteMeta {
        self.meta
    }

    /// What it takes, gives and needs.
    #[must_use]
    pub fn describe(&self) -> Description {
        let mut description = Description::default();
        (self.describe)(&mut description);
        description
    }

    /// The handler as a function from request to response. Call it once everything it needs was checked.
    pub(crate) fn endpoint(&self, wiring: &Wiring) -> Endpoint {
        (self.endpoint)(wiring)
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Route({} {})", self.meta.method, self.meta.path)
    }
}
