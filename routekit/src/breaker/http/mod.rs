//! A circuit breaker around a service that answers HTTP requests: it refuses with a response, and classifies calls by
//! their response.

mod classify;
mod fallbacks;
mod layer;
mod open;
mod upload;

pub use self::layer::{HttpBreaker, HttpBreakerFuture, HttpBreakerLayer};
pub(crate) use self::{
    classify::{AdmittedCall, enter, guard, settle},
    fallbacks::Fallbacks,
};
