//! Heads that the server rejects, so that the app never gets a request.

mod malformed;
mod refusals;
mod rejected;

pub(in crate::app::server) use self::rejected::RejectedHeads;
pub(super) use self::{
    malformed::is_malformed,
    refusals::HeadRefusals,
    rejected::{method_of, status_of},
};
