//! What a route says about caching, as data.

use std::{fmt, time::Duration};

use http::request::Parts;

use super::CdnTags;

/// How the answers of a route are cached: `cache(…)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CachePolicy {
    /// How long an answer is fresh that does not say it itself; `None`: only what the answer says makes it fresh.
    pub ttl: Option<Duration>,
    /// Templates of tags: `user:{id}`.
    pub tags: &'static [&'static str],
    /// Headers of the request that tell answers apart, in lower case.
    pub vary: &'static [&'static str],
    /// Who may be given an answer that somebody else asked for; `None`: nobody who was identified.
    pub audience: Option<Audience>,
    /// Tells tenants apart.
    pub partition: Option<RequestText>,
    /// Stands in the key in place of the query.
    pub key: Option<RequestText>,
    /// Mutating routes after which every entry of this route is invalid that is in the partition of their request; as `POST /v2/users`,
    /// without the app's prefix.
    pub invalidate_on: &'static [&'static str],
    /// The largest body that is stored, in bytes.
    pub max_body: Option<u64>,
    /// For how long a stale answer is given while a new one is made (RFC 5861 §3), where the answer does not say it itself.
    pub stale_while_revalidate: Option<Duration>,
    /// For how long a stale answer is given in place of a failure (RFC 5861 §4), where the answer does not say it itself.
    pub stale_if_error: Option<Duration>,
    /// How long clients may use an answer without asking again, in whole seconds; `None`: they ask each time.
    pub client_ttl: Option<Duration>,
    /// How long a CDN may, in whole seconds (RFC 9213); `None`: it is told nothing.
    pub cdn_ttl: Option<Duration>,
    /// The header that tells a CDN an answer's tags; `None`: it is not told.
    pub cdn_tags: Option<CdnTags>,
    /// Whether what a request says in `Cache-Control` and `Pragma` counts.
    pub honour_client_directives: bool,
}

/// Nothing but that the route is cached.
impl Default for CachePolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// Who may be given a stored answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// Whoever may call the route.
    Everyone,
    /// The user who asked for it.
    User,
}

/// What is invalid once a mutating handler has ended: `invalidates(…)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalidates {
    /// Templates of tags: `user:{id}`.
    pub tags: &'static [&'static str],
    /// Templates of patterns over paths: `/v2/users/{id}/*`.
    pub patterns: &'static [&'static str],
    /// Whether the caller's own entries of `per = "user"` routes are.
    pub user: bool,
    /// Tells tenants apart.
    pub partition: Option<RequestText>,
}

/// A function that makes a text of a request's head.
#[derive(Clone, Copy)]
pub struct RequestText(fn(&Parts) -> String);

impl RequestText {
    /// This function.
    #[must_use]
    pub const fn new(text: fn(&Parts) -> String) -> Self {
        Self(text)
    }

    pub(crate) fn of(self, request: &Parts) -> String {
        (self.0)(request)
    }
}

/// Two are equal that are certainly the same function.
impl PartialEq for RequestText {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for RequestText {}

impl fmt::Debug for RequestText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestText")
    }
}

/// What generated code calls, in const context.
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
            stale_while_revalidate: None,
            stale_if_error: None,
            client_ttl: None,
            cdn_ttl: None,
            cdn_tags: None,
            honour_client_directives: true,
        }
    }

    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    #[must_use]
    pub const fn tags(mut self, templates: &'static [&'static str]) -> Self {
        self.tags = templates;
        self
    }

    #[must_use]
    pub const fn vary(mut self, headers: &'static [&'static str]) -> Self {
        self.vary = headers;
        self
    }

    #[must_use]
    pub const fn audience(mut self, audience: Audience) -> Self {
        self.audience = Some(audience);
        self
    }

    #[must_use]
    pub const fn partition(mut self, partition: RequestText) -> Self {
        self.partition = Some(partition);
        self
    }

    #[must_use]
    pub const fn key(mut self, key: RequestText) -> Self {
        self.key = Some(key);
        self
    }

    #[must_use]
    pub const fn invalidate_on(mut self, routes: &'static [&'static str]) -> Self {
        self.invalidate_on = routes;
        self
    }

    #[must_use]
    pub const fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = Some(bytes);
        self
    }

    #[must_use]
    pub const fn stale_while_revalidate(mut self, time: Duration) -> Self {
        self.stale_while_revalidate = Some(time);
        self
    }

    #[must_use]
    pub const fn stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = Some(time);
        self
    }

    #[must_use]
    pub const fn client_ttl(mut self, ttl: Duration) -> Self {
        self.client_ttl = Some(ttl);
        self
    }

    #[must_use]
    pub const fn cdn_ttl(mut self, ttl: Duration) -> Self {
        self.cdn_ttl = Some(ttl);
        self
    }

    #[must_use]
    pub const fn cdn_tags(mut self, header: CdnTags) -> Self {
        self.cdn_tags = Some(header);
        self
    }

    #[must_use]
    pub const fn honour_client_directives(mut self, honour: bool) -> Self {
        self.honour_client_directives = honour;
        self
    }
}

/// What generated code calls, in const context.
#[doc(hidden)]
impl Invalidates {
    #[must_use]
    pub const fn new() -> Self {
        Self { tags: &[], patterns: &[], user: false, partition: None }
    }

    #[must_use]
    pub const fn tags(mut self, templates: &'static [&'static str]) -> Self {
        self.tags = templates;
        self
    }

    #[must_use]
    pub const fn patterns(mut self, templates: &'static [&'static str]) -> Self {
        self.patterns = templates;
        self
    }

    #[must_use]
    pub const fn user(mut self) -> Self {
        self.user = true;
        self
    }

    #[must_use]
    pub const fn partition(mut self, partition: RequestText) -> Self {
        self.partition = Some(partition);
        self
    }
}
