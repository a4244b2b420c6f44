//! What listeners are told about an invalidation.

pub(in crate::cache) mod edge_tags;
pub(in crate::cache) mod event;
pub(in crate::cache) mod listeners;
