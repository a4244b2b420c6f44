//! Routes as constant data that can be read without running anything, and the discovery of the routes of a program.
//!
//! 1. `#[route]` builds one [`Route`] in const context and submits it through `inventory`.
//! 2. [`RouteMeta`] is the declaration: method, path, location, documentation, [`Policies`].
//! 3. Each route has two functions: one describes its inputs, outputs and dependencies ([`Description`]), the other
//!    creates the [`Endpoint`].
//! 4. `registry` collects and sorts the linked routes, and `check` reports the problems of the whole set.

mod check;
mod describe;
mod endpoint;
mod group;
mod meta;
mod method;
mod outcome;
mod policies;
mod reached;
mod registry;
pub(crate) mod spelling;

#[cfg(feature = "schema")]
pub(crate) use self::describe::{FieldPlace, FieldRule, TypeRules};
pub(crate) use self::{
    check::{Reserved, check, label},
    describe::{ChecksNoRules, PathValues, RequestPart, probe, rules},
    endpoint::ForeignRejection,
    group::{DeclaredPolicies, GroupsOfRoute, LinkedGroups},
    method::ServedMethods,
    policies::is_objective,
    reached::HandlerReached,
    registry::{Selection, is_crate, select},
};
pub use self::{
    endpoint::{Endpoint, EndpointFuture},
    meta::{Location, RouteMeta},
    method::Method,
    policies::{
        AlertPolicy, BreakerPolicy, CachePolicy, Deprecation, IdempotentPolicy, Invalidates, LatencyObjective,
        Policies, RateLimitPolicy, SloPolicy,
    },
    registry::Route,
};
// For generated code, and for the modules that publish them under their own names.
#[doc(hidden)]
pub use self::{
    describe::{Describe, DescribeResponse, Description, Input, InputSource, NoPayload, Output, Payload, probe::Probe},
    endpoint::{Context, Wiring, endpoint},
    group::RouteGroup,
    outcome::Outcome,
    policies::{
        Access, Audience, CdnTags, ClassifyResponse, Consistency, DeclaredAccess, Fallback, Grant, GrantKind,
        RateLimitKey, Ratio, RequestFunction, RequestText, Requirements, Window, fallback,
    },
};
