//! The syntax and the rules that `routekit`'s attributes and its runtime share.
//!
//! `routekit-macros` checks attributes at compile time, and `routekit` checks configuration and builders at start-up.
//! Both use the rules of this crate, so that they accept the same text and suggest the same names. It has no
//! dependencies. Its API is an implementation detail of `routekit` and may change in any release.

pub mod breaker;
pub mod calendar;
pub mod path;
pub mod quantity;
pub mod rate;
pub mod ratio;
pub mod suggest;
