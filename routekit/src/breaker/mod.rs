//! Circuit breakers.

mod call_error;
mod open;

pub use self::{call_error::CallError, open::Open};
