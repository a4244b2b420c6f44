//! A breaker in front of a service that answers requests: it refuses with a response, and status codes say how calls end.

mod future;
mod layer;
mod service;
mod upload;

pub use self::{future::HttpBreakerFuture, layer::HttpBreakerLayer, service::HttpBreaker};
