//! Which policies stand around a request, in which order, and with which settings.

mod effective;
mod explain;
mod stack;

pub use self::{
    effective::EffectivePolicies,
    explain::{Explanation, Step},
};
pub(crate) use self::{
    effective::WantedBy,
    explain::explain,
    stack::{AroundAdmin, AroundRouter, RouterPolicies, Shared, around_admin, around_endpoint, around_router},
};
