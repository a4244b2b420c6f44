//! The state machine of a breaker, and its form that threads share.
//!
//! `state` decides, from the counts of `window` and the thresholds of `settings`. `gate` adds the lock and an atomic
//! fast path. This module does not depend on HTTP and reads no clock. The models in `tests/models` compile these files
//! with loom.

mod gate;
mod open;
mod settings;
mod state;
mod sync;
mod transition;
mod window;

pub(super) use self::{
    gate::BreakerGate,
    state::{Machine, Ticket, part},
};
pub use self::{
    open::Open,
    transition::{Cause, Mode, State, Transition},
};
pub(crate) use self::{settings::BreakerSettings, state::Totals};
