//! Headers of cached requests and responses, as pure functions that never fail and never panic, for any input.
//!
//! A malformed header is interpreted so that less is stored, for a shorter time. This room uses no other room of the
//! cache.

pub(in crate::cache) mod date;
mod directives;
pub(in crate::cache) mod etag;
pub(in crate::cache) mod groups;
pub(in crate::cache) mod percent;
pub(in crate::cache) mod range;
pub(in crate::cache) mod reference;
mod request_control;
mod response_control;
pub(in crate::cache) mod status;
pub(in crate::cache) mod targeted;
pub(in crate::cache) mod vary;

pub(in crate::cache) use self::{request_control::RequestControl, response_control::ResponseControl};

#[cfg(test)]
mod models;
#[cfg(test)]
mod properties;
