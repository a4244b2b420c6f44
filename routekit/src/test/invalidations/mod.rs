//! Finds writes that leave stale responses in the cache.

mod check;
mod found;
mod uncached;

pub use self::{check::InvalidationCheck, found::ForgottenInvalidation};
