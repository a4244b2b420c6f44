//! Which policies act on a request, in which order, and with which settings.

mod display;
mod effective;
mod explain;
mod stack;
mod step;
#[cfg(test)]
mod tests;
mod wiring;

pub use self::{effective::EffectivePolicies, explain::Explanation, step::Step};
pub(crate) use self::{
    effective::{Drops, Guards, WantedBy},
    explain::explain,
    stack::{AroundRouter, AroundRouterLayer, RouterPolicies},
    wiring::{RouteContext, add_route},
};
