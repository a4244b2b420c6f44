//! Coalescing: one fetch per cache key. The other requests for the key wait for its outcome.
//!
//! - [`flight`]: the keys that are being fetched.
//! - [`outcome`]: the outcome for the waiting requests.
//! - [`patience`]: how long a request waits, and for how many fetches.
//! - [`uncacheable`]: keys whose last response could not be stored; requests for them do not wait for each other.
//! - [`detach`]: background work, and the share of each route.

pub(in crate::cache) mod detach;
pub(in crate::cache) mod flight;
pub(in crate::cache) mod outcome;
pub(in crate::cache) mod patience;
pub(in crate::cache) mod uncacheable;
