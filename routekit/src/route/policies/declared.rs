//! All policies that a route declares.

use std::time::Duration;

use super::{
    access::{Access, DeclaredAccess},
    breaker::BreakerPolicy,
    cache::CachePolicy,
    deprecation::Deprecation,
    invalidates::Invalidates,
};

/// The policies that a route declares. `None` is not declared, whatever the default is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies {
    access: Option<DeclaredAccess>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) body_limit: Option<u64>,
    pub(crate) slow: Option<Duration>,
    pub(crate) deprecation: Option<Deprecation>,
    pub(crate) cache: Option<CachePolicy>,
    pub(crate) invalidates: Option<Invalidates>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) breaker: Option<BreakerPolicy>,
    pub(crate) layered: bool,
}

impl Policies {
    /// Who may call the route.
    #[must_use]
    pub fn access(&self) -> Option<Access> {
        self.access.map(Access::from)
    }

    /// How long the handler may take to its response head.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The largest body, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> Option<u64> {
        self.body_limit
    }

    /// Duration from which a request counts as slow.
    #[must_use]
    pub const fn slow(&self) -> Option<Duration> {
        self.slow
    }

    /// Since when the route is deprecated, and until when it exists.
    #[must_use]
    pub const fn deprecation(&self) -> Option<Deprecation> {
        self.deprecation
    }

    /// How responses are cached.
    #[must_use]
    pub const fn cache(&self) -> Option<CachePolicy> {
        self.cache
    }

    /// The stored responses that are invalid after the handler.
    #[must_use]
    pub const fn invalidates(&self) -> Option<Invalidates> {
        self.invalidates
    }

    /// How many requests the handler may have at a time.
    #[must_use]
    pub const fn concurrency(&self) -> Option<u32> {
        self.concurrency
    }

    /// The circuit breaker.
    #[must_use]
    pub const fn breaker(&self) -> Option<BreakerPolicy> {
        self.breaker
    }

    /// Whether the route has a tower layer of its own.
    #[must_use]
    pub const fn layered(&self) -> bool {
        self.layered
    }
}

/// What generated code calls, in const context.
#[doc(hidden)]
impl Policies {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            access: None,
            timeout: None,
            body_limit: None,
            slow: None,
            deprecation: None,
            cache: None,
            invalidates: None,
            concurrency: None,
            breaker: None,
            layered: false,
        }
    }

    #[must_use]
    pub const fn with_access(mut self, access: DeclaredAccess) -> Self {
        self.access = Some(access);
        self
    }

    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    #[must_use]
    pub const fn with_slow(mut self, threshold: Duration) -> Self {
        self.slow = Some(threshold);
        self
    }

    #[must_use]
    pub const fn with_deprecation(mut self, deprecation: Deprecation) -> Self {
        self.deprecation = Some(deprecation);
        self
    }

    #[must_use]
    pub const fn with_cache(mut self, cache: CachePolicy) -> Self {
        self.cache = Some(cache);
        self
    }

    #[must_use]
    pub const fn with_invalidates(mut self, invalidates: Invalidates) -> Self {
        self.invalidates = Some(invalidates);
        self
    }

    #[must_use]
    pub const fn with_concurrency(mut self, requests: u32) -> Self {
        self.concurrency = Some(requests);
        self
    }

    #[must_use]
    pub const fn with_breaker(mut self, breaker: BreakerPolicy) -> Self {
        self.breaker = Some(breaker);
        self
    }

    #[must_use]
    pub const fn with_layered(mut self) -> Self {
        self.layered = true;
        self
    }
}
