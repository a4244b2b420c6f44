//! The policies that act on a request, their order, and their settings.

mod display;
mod effective;
mod explain;
mod security_headers;
mod stack;
mod step;
#[cfg(test)]
mod tests;
mod wiring;

pub use self::{
    effective::{AlertThresholds, EffectivePolicies, Objectives},
    explain::Explanation,
    security_headers::EffectiveSecurityHeaders,
    step::Step,
};
pub(crate) use self::{
    effective::{Drops, Guards, RateLimitScope, WantedBy},
    explain::explain,
    stack::{AroundRouter, AroundRouterLayer, Edge, RouterPolicies},
    wiring::{RouteContext, add_route},
};
