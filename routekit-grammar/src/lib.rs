//! What `routekit`'s attributes and its runtime read alike.
//!
//! `routekit-macros` checks an attribute while the program compiles, and `routekit` checks configuration and builders
//! while it starts. Both use the rules of this crate, so that they accept the same text and suggest the same names. It
//! has no dependencies. Its API is an implementation detail of `routekit` and may change in any release.

pub mod breaker;
pub mod calendar;
pub mod quantity;
pub mod ratio;
pub mod suggest;
