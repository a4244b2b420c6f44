//! What the headers of a cached exchange say: pure functions, which never fail and never panic, whatever was sent.
//!
//! Where a header makes no sense, it is read as whatever stores less and keeps for a shorter time.

pub(in crate::cache) mod date;
mod directives;
pub(in crate::cache) mod etag;
pub(in crate::cache) mod groups;
pub(in crate::cache) mod reference;
mod request_control;
mod response_control;
pub(in crate::cache) mod status;
mod targeted;
pub(in crate::cache) mod vary;

pub(in crate::cache) use self::{request_control::RequestControl, response_control::ResponseControl};

#[cfg(test)]
mod models;
#[cfg(test)]
mod properties;
