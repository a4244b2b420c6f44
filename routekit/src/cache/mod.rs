//! A shared cache in front of handlers, whose invalidation loses no race.
//!
//! What is done with a request, and by what rule (each has rows in `tests/suite/cache_rules`):
//! 1. GET and HEAD without a body are looked up (RFC 9111 §2). HEAD is looked up as GET (RFC 9110 §9.3.2), and on a declared route filled as GET; through a plain layer it
//!    passes by where GET has stored nothing. Requests with `Range`, `If-Match` or `If-Unmodified-Since` pass by (RFC 9110 §13.1, §14.2).
//! 2. Who sends `Authorization`, or was identified, is given and fills only what says `public`, `s-maxage` or `must-revalidate` (RFC 9111 §3.5), unless the
//!    route is `shared`, or is `per = "user"` and the [`Identity`](crate::Identity) is verified.
//! 3. Stored are answers of 200, 203, 204, 300 and 301 for the `ttl`, and those together with 308, 404 and 410 for as long as they say themselves
//!    (§3, §4.2.1): a valid `CDN-Cache-Control` in place of all others (RFC 9213 §2.2), else `s-maxage`, `max-age`, `Expires` less `Date`. Of directives that are repeated the
//!    shorter holds; what is no number is 0, what is too large 2^31 seconds (§1.2.2); an `Expires` that is no date has passed (§5.3).
//! 4. Never with `no-store` (unless `must-understand`, §5.2.2.3), `private`, `Set-Cookie`, `Vary: *`, quotes that are never closed in `Cache-Control`, `Pragma: no-cache` alone, a body whose
//!    length is not known beforehand or is above `max_body`, or where the handler says [`NoStore`]. With `no-cache`, and with no time left, only what can be asked after (7).
//!    Headers of one connection are not kept (§3.1).
//! 5. How old an answer is counts from its `Date`, and from its `Age` and the time it took (§4.2.3). `ttl` and what answers say are lifetimes of which that is taken.
//! 6. What answers vary by makes variants of a key (§4.1): up to 16 headers beside those of `vary(…)`, their values with white space set right.
//! 7. What is stale, or `no-cache`, and has an `ETag` or a `Last-Modified` of its handler's own is asked after with these (§4.3.1); a 304 makes it fresh and changes its headers (§3.2,
//!    §4.3.4). It is kept for an hour for that. The handler never sees the conditions of a client whose answer others may get.
//! 8. Requests say which answers do (§5.2.1): `no-cache` (and `Pragma`, §5.4), `max-age`, `min-fresh`, `max-stale`, `no-store`, `only-if-cached` (else 504), `stale-if-error`; unless the
//!    route says `honour_client_directives = false`.
//! 9. `If-None-Match` (weak comparison, RFC 9110 §13.1.2), else `If-Modified-Since` (§13.1.3), on answers of 200 and 203: 304 with all headers but those about the content (§15.4.5).
//! 10. Something stale is given while it is refreshed in the background (`stale_while_revalidate`, RFC 5861 §3), and in place of a 5xx or a timeout (`stale_if_error`, §4); the answer's own
//!     word goes before the route's. Not with `must-revalidate`, `proxy-revalidate` or `no-cache`; `s-maxage` rules out the route's word and `max-stale` (RFC 9111 §4.2.4). Never what was invalidated.
//! 11. A request of an unsafe method that is answered with anything but a 4xx drops the answers of its path, and of `Location` and `Content-Location` on the same host (§4.4).
//!
//! What an answer says: `X-Cache` (`HIT`; `MISS`, the handler was asked, for this request or for another at the same time; `STALE`; `BYPASS`, its answer is for nobody else) and
//! `Cache-Status` (RFC 9211). From the store, `Age` (§5.1). What is stored has a `Date`, a weak `ETag` of its content, `Cache-Control: no-cache` (`private, no-cache` per user), so that no browser outlives an
//! invalidation, and the names of `vary(…)` in `Vary`, where the handler has not said them. `client_ttl` and `cdn_ttl` say `max-age` in `Cache-Control` and `CDN-Cache-Control`, from when an answer is
//! given out (so `Age` is added); `cdn_tags` says the tags. What is not stored passes as it is.
//!
//! What tells answers apart: scheme and authority, route, path, the pairs of the query sorted by name (or what `key = …` makes of the
//! request), the user of a `per = "user"` route with its roles, scopes and permissions, the headers of `vary(…)` and of `Vary`, and the partition. All of it is stored and
//! compared. In the path and the query, what is spelt differently is different. The path is the one the client asked for, also in a
//! nested router.
//!
//! What is promised:
//! 12. Once an invalidation has returned, no request that begins gets anything computed before it, also if it was being computed
//!     meanwhile. It costs the same for ten entries as for a million.
//! 13. What many ask for at the same time is computed once. If its client leaves, the fill goes on where there is a
//!     [`Spawner`](CacheBuilder::spawner), and not more than 128 of them at a time. A failure (5xx) is shared by those who wait and began no later than it; with
//!     `Set-Cookie`, `no-store` or the like, its status alone is. An answer that may not be stored lets them all ask at once, and so does its key for a second more. A fill may take as long as the route's
//!     `timeout`, or 30 seconds, its body included; then those who wait for it are answered with 504.
//! 14. A handler that [invalidates](InvalidateLayer) does so however it ends, except with a 4xx, and before its answer leaves. So does every request of an
//!     unsafe method for the paths of its URL, its `Location` and its `Content-Location` (RFC 9111 §4.4), and for the groups of
//!     `Cache-Group-Invalidation` (RFC 9875); an answer's `Cache-Groups` are tags.
//! 15. Of two layers of one cache around each other, the outer one caches, by its tags.
//! 16. A store that cannot be reached costs the hits and nothing else: the handler is asked.
//! 17. Whoever keeps copies further out can be told what is invalid ([`CacheBuilder::on_invalidate`]), by tags as headers of CDNs have them
//!     ([`Invalidation::edge_tags`]).
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

mod builder;
#[expect(clippy::module_inception, reason = "the handle is what the room is about")]
mod cache;
mod coalesce;
mod events;
mod http;
mod invalidation;
mod stats;
mod store;
mod validity;
mod values;

pub use self::{
    builder::CacheBuilder,
    cache::Cache,
    events::event::{InvalidatedUser, Invalidation},
    http::{
        future::CachedFuture,
        layer::CacheLayer,
        response_parts::{CacheTags, NoStore},
        service::Cached,
    },
    invalidation::{InvalidateLayer, Invalidating, InvalidatingFuture},
    stats::report::{CacheStats, Counts, Provider, ProviderStatus, RouteStats},
    store::{
        contract::{CacheStore, Lookup, StoreError, StoreFuture, StoreSize},
        embedded::{DEFAULT_BYTES, Embedded},
        entry::{Entry, Reuse},
        key::Key,
        snapshot::Snapshot,
    },
    validity::{
        clock::{Stamp, Target},
        tag::Tag,
    },
    values::{CacheOptions, DecodeError, EncodeError, Format, ValueError},
};
pub(crate) use self::{
    cache::WeakCache,
    events::listeners::Listener,
    http::policy::DEADLINE,
    stats::{counters::Counters, report::Condition},
    validity::template::{may_be_equal, may_match},
};
pub use crate::route::{Audience, CachePolicy, CdnTags, Invalidates, RequestText};
// Where the engine's files find each other until each room imports from the rooms below it.
use self::{
    coalesce::{deadline, detached, flight, uncacheable},
    events::{edge_tags, listeners},
    http::{
        body, conditional, directives, fetch, groups, headers, outgoing, policy, replay, request, reuse, revalidate,
        serve, status, storable,
    },
    stats::counters,
    store::{aged_headers, contract, embedded, entry, hex, identity_hasher, key, recent, snapshot},
    validity::{bans, clock, glob, tag, tag_table, template},
};
