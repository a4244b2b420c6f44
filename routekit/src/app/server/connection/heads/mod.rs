//! Heads that the server rejects, so that the app never gets a request.

mod malformed;
mod rejected;

pub(in crate::app::server) use self::rejected::RejectedHeads;
pub(super) use self::{
    malformed::is_malformed,
    rejected::{method_of, status_of},
};
