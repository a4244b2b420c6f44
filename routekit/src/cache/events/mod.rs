//! Notification of listeners about invalidations.

pub(in crate::cache) mod edge_tags;
pub(in crate::cache) mod event;
pub(in crate::cache) mod listener;
pub(in crate::cache) mod listeners;
mod outbox;
