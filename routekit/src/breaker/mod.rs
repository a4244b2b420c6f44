//! Circuit breakers.

mod breakers;
mod builder;
mod call_error;
mod future;
mod gate;
mod handle;
mod http;
mod judge;
mod layer;
mod on_unwind;
mod open;
mod permit;
mod service;
mod settings;
mod snapshot;
mod state;
mod sync;
mod transition;
mod window;

pub use self::{
    breakers::Breakers,
    builder::CircuitBreakerBuilder,
    call_error::CallError,
    future::BreakerFuture,
    handle::CircuitBreaker,
    http::{HttpBreaker, HttpBreakerFuture, HttpBreakerLayer},
    judge::{ByResult, Judge},
    layer::BreakerLayer,
    open::Open,
    permit::Permit,
    service::Breaker,
    settings::InvalidBreaker,
    snapshot::Snapshot,
    transition::{Cause, Mode, State, Transition},
};
pub(crate) use self::{handle::WeakBreaker, settings::Settings};
pub use crate::route::{Outcome, Ratio, Window};
