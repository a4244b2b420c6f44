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
//! 4. A request with an unsafe method (any but GET, HEAD, OPTIONS and TRACE) also invalidates what is stored for its
//!    path, whatever the query and the user, and for the paths of `Location` and `Content-Location` (RFC 9111 §4.4). A
//!    client may decide what a handler names there: only references to the host of the request count, only for what is
//!    stored for that host, and only where a cached route matches. It invalidates the groups of
//!    `Cache-Group-Invalidation` (RFC 9875 §3) as well. All that goes for the cache's partition, for the one that the
//!    layer names, and in an app for the partition of each cached route. A 4xx response changes nothing here either;
//!    without a response (the client left, the time was up, a panic) the path may have changed. That goes for requests
//!    through a [`CacheLayer`](super::CacheLayer) or an [`InvalidateLayer`], and for every route of an app that has a
//!    cached one. Hand-written routers that an app merges need such a layer. A handler without a declaration ends with
//!    its client.
//! 5. Listeners ([`CacheBuilder::on_invalidate`](super::CacheBuilder::on_invalidate)) are called afterwards, each in
//!    its own task, and only if the invalidation succeeded.
//! 6. If a handler leaves work for later (a task that it started, a body that is streamed), the program must
//!    invalidate: [`Cache::invalidate_tag`](super::Cache::invalidate_tag).

mod change;
mod facts;
mod future;
mod handle;
mod handler;
mod layer;
mod plan;
mod request_url;
mod service;

pub(super) use self::{change::Change, future::ChangeFuture, plan::InvalidationPlan, request_url::requested_uri};
pub use self::{future::InvalidatingFuture, layer::InvalidateLayer, service::Invalidating};
