//! The other side: handlers after which something is invalid.
//!
//! 1. What is declared is invalidated when the handler has ended, before the head of its answer leaves: in any way but a 4xx, since a
//!    5xx, a timeout or a panic may come after the change.
//! 2. Such a handler runs apart from its connection, and so to its end also where its client leaves or its route's timeout answers.
//!    What it invalidates is invalid then (it may have changed something already) and once more when it ends. It has
//!    30 seconds for that, and at most 1,024 such handlers are there at a time; then it is dropped where it waits. All this takes a
//!    [`Spawner`](super::CacheBuilder::spawner), which an app has; without one it ends with its client, and invalidates then.
//! 3. Tags and patterns may have placeholders of the path. A tag is made as the path spells them and as the handler's arguments do.
//! 4. Whatever is declared, a request of an unsafe method (any but GET, HEAD, OPTIONS and TRACE) makes invalid what is stored for its path, whatever
//!    the query and whoever's it is, and for the paths of `Location` and `Content-Location` if they are on the same host (RFC 9111 §4.4), and
//!    the groups of `Cache-Group-Invalidation` (RFC 9875 §3): in the cache's partition, in the one that the layer names, and in an app in that of each
//!    cached route. A 4xx changes nothing here either. What is not answered (its client left, the time was up, a panic) may have changed its path.
//!    That goes for requests through a [`CacheLayer`](super::CacheLayer) or an [`InvalidateLayer`], and for every route of an app that has a cached
//!    one. Hand-written routers that an app merges have to have such a layer. A handler that declares nothing ends with its client; it has
//!    no task of its own.
//! 5. Whoever listens ([`CacheBuilder::on_invalidate`](super::CacheBuilder::on_invalidate)) is told afterwards, on a task of its own, and only if it
//!    succeeded.
//! 6. What a handler leaves for later (a task it started, a body that streams) is its own affair:
//!    [`Cache::invalidate_tag`](super::Cache::invalidate_tag).

mod future;
mod layer;
mod named;
mod own_url;
mod plan;
mod run;
mod service;
mod watched;

pub use self::{future::InvalidatingFuture, layer::InvalidateLayer, service::Invalidating};
pub(super) use self::{
    named::{Named, Subject},
    own_url::Guard,
    watched::Watched,
};
