//! Coalescing: one fetch per cache key, and what happens when its client leaves.

pub(in crate::cache) mod deadline;
pub(in crate::cache) mod detached;
pub(in crate::cache) mod flight;
pub(in crate::cache) mod uncacheable;
