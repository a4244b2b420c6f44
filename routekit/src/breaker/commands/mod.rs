//! Commands of operators to breakers: to those of this process, or of all processes.
//!
//! 1. `breaker_commands` is the handle of an app.
//! 2. `shared` gives commands to a server that keeps them, and applies those of other processes.
//! 3. `known` decides what the server lacks, and what this process must apply. It has no clock and no lock.

mod breaker_commands;
#[cfg(feature = "redis")]
mod known;
mod reach;
#[cfg(feature = "redis")]
mod shared;

pub(crate) use self::{breaker_commands::BreakerCommands, reach::CommandReach};
