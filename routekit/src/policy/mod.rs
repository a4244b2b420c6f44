//! Which policies stand around a request, in which order, and with which settings.

mod effective;
mod explain;
mod stack;

pub use self::{
    effective::EffectivePolicies,
    explain::{Explanation, Step},
};
pub(crate) use self::{
    effective::{Drops, Guards, WantedBy},
    explain::explain,
    stack::{AroundAdmin, AroundRouter, RouterPolicies, Shared, add_route, around_admin, around_router},
};
