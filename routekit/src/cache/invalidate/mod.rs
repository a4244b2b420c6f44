//! The other side: handlers after which something is invalid.
//!
//! 1. What is declared is invalidated when the handler has ended, before the head of its answer leaves: in any way but a 4xx, since a
//!    5xx, a timeout or a panic may come after the change.
//! 2. Such a handler runs apart from its connection, and so to its end also where its client leaves or its route's timeout answers.
//!    What it invalidates is invalid then (it may have changed something already) and once more when it ends. It has
//!    30 seconds for that, and at most 1,024 such handlers are there at a time; then it is dropped where it waits. All this takes a
//!    [`Spawner`](super::CacheBuilder::spawner), which an app has; without one it ends with its client, and invalidates then.
//! 3. Tags and patterns may have placeholders of the path. A tag is made as the path spells them and as the handler's arguments do.
//! 4. What a handler leaves for later (a task it started, a body that streams) is its own affair:
//!    [`Cache::invalidate_tag`](super::Cache::invalidate_tag).

mod future;
mod layer;
mod plan;
mod run;
mod service;

pub use self::{future::InvalidatingFuture, layer::InvalidateLayer, service::Invalidating};
