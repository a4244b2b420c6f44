//! A shared cache in front of handlers, whose invalidation loses no race.
//!
//! What is cached:
//! 1. Answers to GET and HEAD without a body. HEAD is looked up as GET, and on a declared route filled as GET too; through a plain
//!    layer it passes by where GET has stored nothing. Requests with `Range`, `If-Match` or `If-Unmodified-Since` pass by. So does whoever says
//!    who is asking (an `Authorization` header, a verified [`Identity`](crate::Identity)), unless the route is `shared`, or is
//!    `per = "user"` and the identity is verified.
//! 2. Of these, answers of 200, 203, 204, 300 and 301 for the `ttl`, and those together with 308, 404 and 410 for as long as they say
//!    themselves (`s-maxage`, else `max-age`, of `Cache-Control`; RFC 9111 §4.2.1), which goes before the `ttl`. The latter say their `Age`.
//! 3. Never with `Set-Cookie`, with `no-store`, `private` or `no-cache`, with a `Vary` that names a header which is not in `vary(…)`, with
//!    a body whose length is not known beforehand or is above `max_body`, or where the handler says [`NoStore`]; nor with `Expires` or `Pragma` and no
//!    `max-age`, or with `CDN-Cache-Control`, which are not read yet.
//! 4. What is not stored passes untouched. `X-Cache` says which it was: `HIT`, `MISS` (the handler was asked, for this request
//!    or for another at the same time) or `BYPASS`.
//!
//! What tells answers apart: scheme and authority, route, path, the pairs of the query sorted by name (or what `key = …` makes of the
//! request), the user of a `per = "user"` route with its roles, scopes and permissions, the headers of `vary(…)`, and the partition. All of it is stored and
//! compared. In the path and the query, what is spelt differently is different. The path is the one the client asked for, also in a
//! nested router.
//!
//! What is promised:
//! 5. Once an invalidation has returned, no request that begins gets anything computed before it, also if it was being computed
//!    meanwhile. It costs the same for ten entries as for a million.
//! 6. What many ask for at the same time is computed once. If its client leaves, the fill goes on where there is a
//!    [`Spawner`](CacheBuilder::spawner), and not more than 128 of them at a time. A failure (5xx) is shared by those who wait and began no later than it; with
//!    `Set-Cookie`, `no-store` or the like, its status alone is. An answer that may not be stored lets them all ask at once, and so does its key for a second more. A fill may take as long as the route's
//!    `timeout`, or 30 seconds, its body included; then those who wait for it are answered with 504.
//! 7. A handler that [invalidates](InvalidateLayer) does so however it ends, except with a 4xx, and before its answer leaves. So does every request of an
//!    unsafe method for the paths of its URL, its `Location` and its `Content-Location` (RFC 9111 §4.4), and for the groups of
//!    `Cache-Group-Invalidation` (RFC 9875); an answer's `Cache-Groups` are tags.
//! 8. Of two layers of one cache around each other, the outer one caches, by its tags.
//! 9. A store that cannot be reached costs the hits and nothing else: the handler is asked.
//! 10. Whoever keeps copies further out can be told what is invalid ([`CacheBuilder::on_invalidate`]), by tags as headers of CDNs have them
//!    ([`Invalidation::edge_tags`]).
//!
//! Both sides are layers for any axum router; in an app, routes declare `cache(…)` and `invalidates(…)`.
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, body::Body, extract::Request, routing::{get, post}};
//! use routekit::{Spawner, cache::{Cache, CacheLayer, InvalidateLayer}};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let cache = Cache::builder().spawner(Spawner::new(|task| drop(tokio::spawn(task)))).build();
//! let cached = CacheLayer::new(cache.clone()).ttl(Duration::from_secs(60)).tags(["news"]);
//! let invalidating = InvalidateLayer::new(cache).tags(["news"]);
//! let app: Router = Router::new()
//!     .route("/news", get(|| async { "…" }).layer(cached))
//!     .route("/articles", post(|| async {}).layer(invalidating));
//!
//! let ask = async |request: Request| app.clone().oneshot(request).await.unwrap();
//! let news = || Request::get("/news").body(Body::empty()).unwrap();
//! assert_eq!(ask(news()).await.headers()["x-cache"], "MISS");
//! assert_eq!(ask(news()).await.headers()["x-cache"], "HIT");
//! ask(Request::post("/articles").body(Body::empty()).unwrap()).await;
//! assert_eq!(ask(news()).await.headers()["x-cache"], "MISS");
//! # }
//! ```
//!
//! What breaks it:
//! - A handler that looks at more of a request than the key has (a cookie, say) needs `vary(…)`, `per = "user"` or no cache.
//! - Layers of an app see each request that is answered from the cache; `layer(…)` of the route does not, nor any answer of which the cache knows.
//! - What a layer puts into a task-local does not reach a handler that invalidates, which has a task of its own; what it puts into the
//!   request's extensions does.

mod as_is;
mod asked;
mod asking;
mod bans;
mod body;
mod builder;
mod conditional;
mod counters;
mod decide;
mod detachable;
mod edge_tags;
mod embedded;
mod entry;
mod event;
mod fill;
mod flight;
mod found;
mod future;
mod glob;
mod groups;
mod handle;
mod head;
mod headers;
mod invalidate;
mod judge;
mod key;
mod layer;
mod listeners;
mod marks;
mod outgoing;
mod policy;
mod recent;
mod refresh;
mod revalidate;
mod service;
mod snapshot;
mod stats;
mod status;
mod store;
mod tag;
mod tag_table;
mod template;
mod validity;
mod values;
mod wishes;
mod within;

pub use self::{
    builder::CacheBuilder,
    embedded::{DEFAULT_BYTES, Embedded},
    entry::{Entry, Reuse},
    event::{InvalidatedUser, Invalidation},
    found::{CacheTags, NoStore},
    future::CachedFuture,
    handle::Cache,
    invalidate::{InvalidateLayer, Invalidating, InvalidatingFuture},
    key::Key,
    layer::CacheLayer,
    service::Cached,
    snapshot::Snapshot,
    stats::{CacheStats, Counts, Provider, ProviderStatus, RouteStats},
    store::{CacheStore, Lookup, StoreError, StoreFuture, StoreSize},
    tag::Tag,
    validity::{Stamp, Target},
    values::{CacheOptions, DecodeError, EncodeError, Format, ValueError},
};
pub(crate) use self::{
    counters::Counters,
    handle::WeakCache,
    listeners::Listener,
    stats::Condition,
    template::{may_be_equal, may_match},
};
pub use crate::route::{Audience, CdnTags};
