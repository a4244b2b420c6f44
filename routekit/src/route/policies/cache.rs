//! The caching that a route declares.

use std::{str::FromStr, time::Duration};

use super::{
    cdn_tags::CdnTags,
    request_text::{RequestFunction, RequestText},
};

/// The caching of a route's responses: `cache(…)`.
#[derive(Debug, Clone, Copy)]
pub struct CachePolicy {
    pub(crate) ttl: Option<Duration>,
    pub(crate) tags: &'static [&'static str],
    pub(crate) vary: &'static [&'static str],
    pub(crate) audience: Option<Audience>,
    pub(crate) partition: Option<RequestFunction>,
    pub(crate) key: Option<RequestFunction>,
    pub(crate) invalidate_on: &'static [&'static str],
    pub(crate) max_body: Option<u64>,
    pub(crate) compress_stored: Option<u64>,
    pub(crate) stale_while_revalidate: Option<Duration>,
    pub(crate) stale_if_error: Option<Duration>,
    pub(crate) client_ttl: Option<Duration>,
    pub(crate) cdn_ttl: Option<Duration>,
    pub(crate) cdn_tags: Option<CdnTags>,
    pub(crate) honour_client_directives: bool,
    pub(crate) consistency: Option<Consistency>,
}

/// The policy of `cache` without arguments.
impl Default for CachePolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// When an invalidation by another process counts, if the cache has memory in front of Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Consistency {
    /// Within the lease of the store.
    #[default]
    Bounded,
    /// At once: each hit asks Redis. While Redis is away, the handler is called.
    Strict,
}

impl Consistency {
    /// Returns the name, as in `consistency = "strict"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bounded => "bounded",
            Self::Strict => "strict",
        }
    }
}

impl FromStr for Consistency {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bounded" => Ok(Self::Bounded),
            "strict" => Ok(Self::Strict),
            _ => Err("must be `bounded` or `strict`"),
        }
    }
}

/// The clients that share a stored response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// All clients that may call the route.
    Everyone,
    /// The user whose request it was stored for.
    User,
}

impl CachePolicy {
    /// Returns how long a response is fresh that states no lifetime; `None` if only the response decides.
    #[must_use]
    pub const fn ttl(&self) -> Option<Duration> {
        self.ttl
    }

    /// Returns the templates of tags, such as `user:{id}`.
    #[must_use]
    pub const fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// Returns the request headers that select between variants, in lower case.
    #[must_use]
    pub const fn vary(&self) -> &'static [&'static str] {
        self.vary
    }

    /// Returns the clients that share a stored response; `None`: only clients without an identity.
    #[must_use]
    pub const fn audience(&self) -> Option<Audience> {
        self.audience
    }

    /// Returns the function that derives the partition, such as the tenant, from a request.
    #[must_use]
    pub fn partition(&self) -> Option<RequestText> {
        self.partition.map(RequestFunction::text)
    }

    /// Returns the function that derives the part of the cache key that replaces the query.
    #[must_use]
    pub fn key(&self) -> Option<RequestText> {
        self.key.map(RequestFunction::text)
    }

    /// Returns the routes, such as `POST /v2/users` without the app's prefix, after which every entry of this route in
    /// the partition of their request is invalid.
    #[must_use]
    pub const fn invalidate_on(&self) -> &'static [&'static str] {
        self.invalidate_on
    }

    /// Returns the size of the largest body that is stored, in bytes.
    #[must_use]
    pub const fn max_body(&self) -> Option<u64> {
        self.max_body
    }

    /// Returns the size of the smallest body that is stored compressed, in bytes; `None`: none are.
    #[must_use]
    pub const fn compress_stored(&self) -> Option<u64> {
        self.compress_stored
    }

    /// Returns how long a stale response is served while it is revalidated (RFC 5861 §3), unless the response states
    /// it.
    #[must_use]
    pub const fn stale_while_revalidate(&self) -> Option<Duration> {
        self.stale_while_revalidate
    }

    /// Returns how long a stale response is served in place of a failure (RFC 5861 §4), unless the response states it.
    #[must_use]
    pub const fn stale_if_error(&self) -> Option<Duration> {
        self.stale_if_error
    }

    /// Returns how long clients may reuse a response without revalidating it, in whole seconds; `None`: not at all.
    #[must_use]
    pub const fn client_ttl(&self) -> Option<Duration> {
        self.client_ttl
    }

    /// Returns how long a CDN may reuse a response, in whole seconds (RFC 9213); `None`: no header is sent.
    #[must_use]
    pub const fn cdn_ttl(&self) -> Option<Duration> {
        self.cdn_ttl
    }

    /// Returns the header that contains the tags of a response for a CDN; `None`: no header is sent.
    #[must_use]
    pub const fn cdn_tags(&self) -> Option<CdnTags> {
        self.cdn_tags
    }

    /// Returns whether `Cache-Control` and `Pragma` of a request count.
    #[must_use]
    pub const fn honour_client_directives(&self) -> bool {
        self.honour_client_directives
    }

    /// Returns when an invalidation by another process counts; `None` if the store decides.
    #[must_use]
    pub const fn consistency(&self) -> Option<Consistency> {
        self.consistency
    }
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl CachePolicy {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ttl: None,
            tags: &[],
            vary: &[],
            audience: None,
            partition: None,
            key: None,
            invalidate_on: &[],
            max_body: None,
            compress_stored: None,
            stale_while_revalidate: None,
            stale_if_error: None,
            client_ttl: None,
            cdn_ttl: None,
            cdn_tags: None,
            honour_client_directives: true,
            consistency: None,
        }
    }

    #[must_use]
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    #[must_use]
    pub const fn with_tags(mut self, templates: &'static [&'static str]) -> Self {
        self.tags = templates;
        self
    }

    #[must_use]
    pub const fn with_vary(mut self, headers: &'static [&'static str]) -> Self {
        self.vary = headers;
        self
    }

    #[must_use]
    pub const fn with_audience(mut self, audience: Audience) -> Self {
        self.audience = Some(audience);
        self
    }

    #[must_use]
    pub const fn with_partition(mut self, partition: RequestFunction) -> Self {
        self.partition = Some(partition);
        self
    }

    #[must_use]
    pub const fn with_key(mut self, key: RequestFunction) -> Self {
        self.key = Some(key);
        self
    }

    #[must_use]
    pub const fn with_invalidate_on(mut self, routes: &'static [&'static str]) -> Self {
        self.invalidate_on = routes;
        self
    }

    #[must_use]
    pub const fn with_max_body(mut self, bytes: u64) -> Self {
        self.max_body = Some(bytes);
        self
    }

    /// From 1 KiB on.
    #[must_use]
    pub const fn with_compress_stored(self) -> Self {
        self.with_compress_stored_from(1024)
    }

    #[must_use]
    pub const fn with_compress_stored_from(mut self, bytes: u64) -> Self {
        self.compress_stored = Some(bytes);
        self
    }

    #[must_use]
    pub const fn with_stale_while_revalidate(mut self, time: Duration) -> Self {
        self.stale_while_revalidate = Some(time);
        self
    }

    #[must_use]
    pub const fn with_stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = Some(time);
        self
    }

    #[must_use]
    pub const fn with_client_ttl(mut self, ttl: Duration) -> Self {
        self.client_ttl = Some(ttl);
        self
    }

    #[must_use]
    pub const fn with_cdn_ttl(mut self, ttl: Duration) -> Self {
        self.cdn_ttl = Some(ttl);
        self
    }

    #[must_use]
    pub const fn with_cdn_tags(mut self, header: CdnTags) -> Self {
        self.cdn_tags = Some(header);
        self
    }

    #[must_use]
    pub const fn with_consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    #[must_use]
    pub const fn with_honour_client_directives(mut self, honour: bool) -> Self {
        self.honour_client_directives = honour;
        self
    }
}
