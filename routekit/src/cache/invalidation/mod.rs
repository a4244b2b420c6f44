//! Invalidation by handlers and programs, and its layer.
//!
//! 1. The declared targets of a layer or a route are invalidated when the handler has ended, before the head of its
//!    response leaves. That happens after every outcome but a 4xx, since a handler may change data before it fails with
//!    a 5xx, a timeout or a panic.
//! 2. The handler runs within its request. If its client disconnects or its route's timeout answers, the handler moves
//!    to the cache's [`Spawner`](super::CacheBuilder::spawner) with its `concurrency` permit, and runs to its end. Its
//!    targets are invalidated at that moment, as it may already have changed data, and again when it ends. It has 30
//!    seconds for that, and at most 1,024 handlers continue at a time. Beyond that, and without a spawner, it is
//!    dropped.
//! 3. Tags and patterns may contain placeholders of the path. A tag is built with the values as the path spells them,
//!    and as the handler's parsed arguments display them.
//! 4. A request with an unsafe method (any but GET, HEAD, OPTIONS and TRACE) also invalidates the responses for its
//!    path, with any query and for any user, for the paths of `Location` and `Content-Location` (RFC 9111 §4.4), and
//!    for the groups of `Cache-Group-Invalidation` (RFC 9875 §3). A client may control the paths that a handler names
//!    there, so only references to the host of the request count, only for responses that are stored for that host, and
//!    only if a cached route matches. All of this applies to the cache's partition, to the one that the layer names,
//!    and in an app to the partition of each cached route. A 4xx response invalidates nothing here either; without a
//!    response (the client disconnected, the time limit expired, a panic) the path is invalidated. This applies to
//!    requests through a [`CacheLayer`](super::CacheLayer) or an [`InvalidateLayer`], and to every route of an app that
//!    has a cached one. Hand-written routers that an app merges need such a layer. A handler without a declaration ends
//!    with its client.
//! 5. Listeners ([`CacheBuilder::on_invalidate`](super::CacheBuilder::on_invalidate)) are called afterwards, each in
//!    its own task, and only if the invalidation succeeded.
//! 6. If a handler leaves work for later (a task that it started, a body that is streamed), the program must
//!    invalidate: [`Cache::invalidate_tag`](super::Cache::invalidate_tag).

mod change;
mod detachable_handler;
mod facts;
mod future;
mod invalidate;
mod layer;
mod plan;
mod request_url;
mod service;

pub(super) use self::{change::Change, future::ChangeFuture, plan::InvalidationPlan, request_url::requested_uri};
pub use self::{future::InvalidatingFuture, layer::InvalidateLayer, service::Invalidating};
