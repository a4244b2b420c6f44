//! A circuit breaker around a service that answers HTTP requests: it refuses with a response, and classifies calls by
//! their response.

mod classify;
mod layer;
mod open;
mod upload;

pub(crate) use self::classify::{AdmittedCall, guard, settle};
pub use self::layer::{HttpBreaker, HttpBreakerFuture, HttpBreakerLayer};
