//! What the headers of a cached exchange say: pure functions, which never fail and never panic, whatever was sent.
//!
//! Where a header makes no sense, it is read as whatever stores less and keeps for a shorter time.

pub(super) mod date;
mod directives;
pub(super) mod etag;
pub(in crate::cache) mod reference;
mod request_control;
mod response_control;
mod targeted;
pub(in crate::cache) mod vary;

pub(super) use self::{request_control::RequestControl, response_control::ResponseControl};

#[cfg(test)]
mod models;
#[cfg(test)]
mod properties;
