//! The last requests that failed or were slow, with the decision of each policy and the time that it took.
//!
//! 1. A request is kept if it failed, was cancelled, was as slow as the `slow` of its route, or was answered with a
//!    4xx. Failures have a ring of their own, so that clients that leave and scanners do not push them out. The slow
//!    and the cancelled ones have another, and those with a 4xx a third.
//! 2. A kept request needs at most 8 KiB. Texts of the client are cut, and headers beyond a total are only counted.
//! 3. Bodies are never kept, and neither are the values of the query and of headers that are not known to be harmless.
//!    The cause of a failure is in the log only, with the same correlation id.
//! 4. The head of a request is cloned when it arrives, and each decision reads the clock once. The document is written
//!    when the request has ended and is kept.

mod document;
mod masking;
mod ring;
mod route;

/// The memory of a kept request. A test makes the largest ones.
#[cfg(test)]
const MAX_BYTES: usize = 8 * 1024;

pub(crate) use self::{ring::ExplainedRequests, route::ExplainedRoute};
