//! A shared HTTP cache for handlers (RFC 9111), in which an invalidation wins against a fetch in progress.
//!
//! ```
//! use routekit::{prelude::*, test::TestApp};
//!
//! #[get("/news", cache(ttl = "1m", tags = "news"))]
//! async fn news() -> &'static str {
//!     "…"
//! }
//!
//! #[post("/news", invalidates("news"))]
//! async fn publish() {}
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = TestApp::new(App::with_routes(routes![news, publish]));
//! let x_cache = async || app.get("/news").send().await.header("x-cache").unwrap().to_owned();
//! assert_eq!([x_cache().await, x_cache().await], ["MISS", "HIT"]);
//! app.post("/news").send().await;
//! assert_eq!(x_cache().await, "MISS");
//! # }
//! ```
//!
//! The guide [Caching](crate::guide::caching) describes which responses are cached, keys, lifetimes, directives of
//! clients, stale responses, and pitfalls. In short:
//!
//! 1. GET and HEAD requests without a body are looked up by scheme, host, path, sorted query, `vary(…)`, user and
//!    partition.
//! 2. A 200, 203, 204, 300 or 301 is stored for the lifetime that it states, or for the `ttl`; other final statuses
//!    only for the lifetime that they state; 206, 304, 428, 429, 431 and 5xx never. Never with `no-store`, `private`,
//!    `Set-Cookie`, `Vary: *`, [`NoStore`], or a body of unknown length.
//! 3. Requests with credentials share responses only if the route is `shared`, or has `per = "user"`, or the response
//!    states `public`, `s-maxage` or `must-revalidate`.
//! 4. A stale response is revalidated with its own validators, served while it is refreshed
//!    (`stale_while_revalidate`), or served in place of a failure (`stale_if_error`).
//! 5. Concurrent requests for one key cause one fetch. It ends with the route's `timeout`, and continues without its
//!    client if there is a [`Spawner`](CacheBuilder::spawner).
//! 6. Once an invalidation has returned, no request that begins afterwards gets a response that was computed before it.
//!    With several processes, the [guide on Redis](crate::guide::redis) says when it counts in the others.
//! 7. If the store cannot be reached, the handler is called, or memory in front of the store answers.
//!
//! Caching and invalidation are also layers for any axum router: [`CacheLayer`] and [`InvalidateLayer`]. A program uses
//! the [`Cache`] itself to invalidate and to store values.

mod backend;
mod builder;
#[expect(clippy::module_inception, reason = "`Cache` is the type that the module is about")]
mod cache;
mod claims;
mod coalesce;
mod events;
mod headers;
mod http;
mod invalidation;
#[cfg(feature = "redis")]
mod redis;
mod redis_fallback;
mod stats;
mod store;
#[cfg(feature = "redis")]
mod tiered;
mod validity;
mod values;

#[cfg(feature = "swagger-ui")]
pub(crate) use self::headers::etag::none_match;
#[cfg(feature = "redis")]
pub use self::redis::{builder::RedisStoreBuilder, settings_error::RedisSettingsError, store::RedisStore};
#[cfg(feature = "redis")]
pub use self::tiered::{
    builder::{DEFAULT_LEASE, TieredStoreBuilder},
    store::TieredStore,
};
pub use self::{
    builder::CacheBuilder,
    cache::Cache,
    events::event::{InvalidatedUser, Invalidation},
    http::{
        future::CachedFuture,
        layer::CacheLayer,
        response::parts::{CacheTags, NoStore},
        service::Cached,
    },
    invalidation::{InvalidateLayer, Invalidating, InvalidatingFuture},
    redis_fallback::RedisFallback,
    stats::{
        condition::{MemoryTier, Provider, ProviderStatus, StoreSize},
        counters::Counts,
        report::{CacheStats, RouteStats},
    },
    store::{
        buffered_response::BufferedResponse,
        claim::ClaimOutcome,
        contract::{CacheStore, StoreError, StoreFuture},
        embedded::{DEFAULT_BYTES, DEFAULT_CLAIM_BYTES, Embedded},
        entry::Entry,
        key::Key,
        lookup_result::Lookup,
        parts::{EntryHead, EntryParts},
        stored_response::{Reuse, StoredResponse},
        variants::Variants,
    },
    validity::{stamp::Stamp, tag::Tag, target::Target},
    values::{CacheOptions, DecodeError, EncodeError, Format, ValueError},
};
pub(crate) use self::{
    cache::WeakCache,
    events::listener::Listener,
    http::policy::DEFAULT_DEADLINE,
    stats::{condition::StoreCondition, counters::Counters},
    validity::template::{grows_list, may_be_equal, may_match},
};
#[cfg(feature = "redis")]
pub(crate) use self::{redis::ConnectFaultKind, tiered::builder::is_lease};
pub use crate::route::{Audience, CachePolicy, CdnTags, Consistency, Invalidates, RequestText};
